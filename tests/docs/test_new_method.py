"""docs/new-method.md, followed to the letter: its file is written, its commands are typed, its programs are run."""

import json
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

import hearsight
from hearsight.cli.main import main
from hearsight.models.load import build
from hearsight.models.preprocess import ClipInputs
from hearsight.models.registry import METHODS
from hearsight.speech import Transcript
from hearsight.util.plugins import run_file
from tests.builders import tiny_inputs, tiny_model
from tests.research.training.feature_data import made_up
from tests.research.training.test_trainer import metrics

PAGE = (Path(__file__).parents[2] / "docs" / "new-method.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
OWN_FILE = [block for block in BLOCKS if block.startswith("# my_method.py")]
PROGRAMS = [block for block in BLOCKS if block not in OWN_FILE]
COMMANDS = re.findall(r"^    (?:\$ )?(hearsight (?:.*\\\n)*.*)", PAGE, re.MULTILINE)
REFUSED = re.search(r"^    \$ (hearsight .*)\n    (error: .*)", PAGE, re.MULTILINE)


@pytest.fixture
def here(tmp_path, monkeypatch, house_methods):
    """A folder as the page supposes it: data, the tiny towers, and the page's file."""
    monkeypatch.chdir(tmp_path)
    towers = tmp_path / "runs" / "towers" / "model"
    tiny_model(towers, "avigate").half().save_pretrained(towers)
    data = made_up(tmp_path / "data", towers, clips=64)
    shutil.copytree(data / "validation", data / "test")
    said = [{"id": f"clip{i}", "transcript": Transcript().to_dict()} for i in range(64)]
    for split in ("train", "validation", "test"):
        (data / split / "transcripts.pocketsphinx.jsonl").write_text("".join(json.dumps(row) + "\n" for row in said))
    (tmp_path / "my_method.py").write_text("\n\n".join(OWN_FILE))
    return tmp_path


def test_the_page_can_be_followed(here, capsys):
    assert (len(OWN_FILE), len(PROGRAMS), len(COMMANDS)) == (3, 1, 6)
    for command in COMMANDS:
        if command == REFUSED[1]:
            continue
        words = shlex.split(command.replace("\\\n", " "))[1:]
        assert main(words) == 0, f"{command}\n{capsys.readouterr().err}"
    compared = json.loads((here / "reports" / "agreeing" / "report.json").read_text())
    assert "runs/save/model" in compared["over"]
    assert {"contrast", "soft_albef", "by_sound"} <= metrics(here / "runs" / "by-sound")[0].keys()
    done = subprocess.run([sys.executable, "-c", PROGRAMS[0]], cwd=here, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_is_not_registered_is_refused_in_the_words_of_the_page(here, monkeypatch, capsys):
    train = next(command for command in COMMANDS if "--out runs/agreeing " in command)
    assert main([*shlex.split(train.replace("\\\n", " "))[1:], "--set", "epochs=1"]) == 0
    monkeypatch.setattr(METHODS, "registered", {})
    capsys.readouterr()
    assert main(shlex.split(REFUSED[1])[1:]) == 1
    assert capsys.readouterr().err.strip() == REFUSED[2]


def test_the_example_does_what_the_page_says(here):
    run_file(here / "my_method.py")
    towers = hearsight.load(here / "runs" / "towers" / "model")
    whole, half = (build(replace(towers.config, method=f"agreeing{name}"), towers.tokenizer) for name in ("", "-half"))
    half.load_state_dict(whole.state_dict())
    clips = ClipInputs(**tiny_inputs(towers))
    silent = replace(clips, has_audio=torch.zeros(3, dtype=torch.bool))
    nothing = replace(silent, frame_mask=torch.zeros_like(clips.frame_mask))
    heard, less, seen, empty = (
        method.fuse(method.extract(shown)).pooled
        for method, shown in ((whole, clips), (half, clips), (whole, silent), (whole, nothing))
    )
    assert not heard.allclose(less, atol=1e-4)
    assert not heard.allclose(seen, atol=1e-4)
    assert seen.allclose(whole.fuse(whole.extract(clips), without={"audio"}).pooled, atol=1e-6)
    assert not empty.any()
