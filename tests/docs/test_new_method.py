"""docs/new-method.md, followed to the letter: its files are written, its commands are typed, its programs are run."""

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
from hearsight.errors import HearsightError
from hearsight.models.load import build
from hearsight.models.preprocess import ClipInputs
from hearsight.models.registry import METHODS
from hearsight.speech import Transcript
from hearsight.util.plugins import run_file
from tests.builders import tiny_inputs, tiny_model
from tests.media_files import beep, grey, make_media
from tests.research.training.feature_data import made_up
from tests.research.training.test_trainer import metrics

PAGE = (Path(__file__).parents[2] / "docs" / "new-method.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
FILES = {
    name: [block for block in BLOCKS if block.startswith(f"# {name}")] for name in ("my_method.py", "attending.py")
}
PROGRAMS = [block for block in BLOCKS if not block.startswith("# ")]
COMMANDS = re.findall(r"^    (hearsight (?:.*\\\n)*.*)", PAGE, re.MULTILINE)
REFUSED = re.findall(r"^    \$ (hearsight .*)\n    (error: .*)", PAGE, re.MULTILINE)


def arguments(command: str) -> list[str]:
    return shlex.split(command.replace("\\\n", " "))[1:]


@pytest.fixture
def folder(tmp_path, monkeypatch, house_methods):
    """A folder as the page supposes it: data, the tiny towers, and the page's files."""
    monkeypatch.chdir(tmp_path)
    towers = tmp_path / "runs" / "towers" / "model"
    tiny_model(towers, "avigate").half().save_pretrained(towers)
    data = made_up(tmp_path / "data", towers, clips=64)
    shutil.copytree(data / "validation", data / "test")
    rows = [{"id": f"clip{i}", "transcript": Transcript().to_dict()} for i in range(64)]
    for split in ("train", "validation", "test"):
        (data / split / "transcripts.pocketsphinx.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "films").mkdir()
    for number, sounds in enumerate(([beep(3)], [])):
        make_media(tmp_path / "films" / f"film{number}.mkv", [grey(90 * number + 50)] * 12, sounds=sounds)
    for name, blocks in FILES.items():
        (tmp_path / name).write_text("\n\n".join(blocks))
    return tmp_path


def test_the_page_can_be_followed(folder, capsys):
    assert (*map(len, FILES.values()), len(PROGRAMS), len(COMMANDS), len(REFUSED)) == (2, 2, 1, 11, 2)
    for command in COMMANDS:
        assert main(arguments(command)) == 0, f"{command}\n{capsys.readouterr().err}"
    for name in ("agreeing", "attending"):
        report = json.loads((folder / "reports" / name / "report.json").read_text())
        assert "runs/save/model" in report["over"]
    assert {"contrast", "soft_albef", "by_sound"} <= metrics(folder / "runs" / "by-sound")[0].keys()
    assert hearsight.load("runs/half/model").options.share == 0.5
    assert hearsight.load("runs/attending/model").options.sharpness == 5
    assert "film0.mkv" in capsys.readouterr().out  # the last command has searched the films
    program = subprocess.run([sys.executable, "-c", PROGRAMS[0]], cwd=folder, capture_output=True, text=True)
    assert program.returncode == 0, program.stderr


def test_errors_are_those_of_the_page(folder, monkeypatch, capsys):
    (unknown_method, message), (unknown_option, second_message) = REFUSED
    train = next(command for command in COMMANDS if "--out runs/agreeing " in command)
    assert main([*arguments(train), "--set", "epochs=1"]) == 0
    capsys.readouterr()
    assert main(arguments(unknown_option)) == 1
    assert capsys.readouterr().err.strip() == second_message
    monkeypatch.setattr(METHODS, "registered", {})
    assert main(arguments(unknown_method)) == 1
    assert capsys.readouterr().err.strip() == message


def built(folder, method: str, **options):
    """A model of a method of the page, on the page's towers."""
    towers = hearsight.load(folder / "runs" / "towers" / "model")
    sizes = {name: towers.config.options[name] for name in ("layers", "queries", "heads")}
    torch.manual_seed(0)
    return build(replace(towers.config, method=method, options={**sizes, **options}), towers.tokenizer).eval()


@torch.no_grad()
def test_the_first_method_does_what_the_page_says(folder):
    run_file(folder / "my_method.py")
    full, half = built(folder, "agreeing"), built(folder, "agreeing", share=0.5)
    half.load_state_dict(full.state_dict())
    clips = ClipInputs(**tiny_inputs(full))
    silent = replace(clips, has_audio=torch.zeros(3, dtype=torch.bool))
    empty = replace(silent, frame_mask=torch.zeros_like(clips.frame_mask))
    with_sound, with_half, without_sound, without_anything = (
        model.fuse(model.extract(inputs)).pooled
        for model, inputs in ((full, clips), (half, clips), (full, silent), (full, empty))
    )
    assert not with_sound.allclose(with_half, atol=1e-4)
    assert not with_sound.allclose(without_sound, atol=1e-4)
    assert without_sound.allclose(full.fuse(full.extract(clips), without={"audio"}).pooled, atol=1e-6)
    assert not without_anything.any()


@torch.no_grad()
def test_texts_attend_to_audio_tokens(folder):
    run_file(folder / "attending.py")
    model = built(folder, "attending")
    video = model.fuse(model.extract(ClipInputs(**tiny_inputs(model))))
    texts = model.encode_texts(["a bell rings", "the doctor lost a bicycle"] * 50)  # more than TEXTS
    logits = model.similarity(texts, video.select(model.needs))
    assert logits.shape == (100, 3) and torch.isfinite(logits).all()
    assert torch.allclose(logits[:2], model.similarity(texts[:2], video), atol=1e-4)
    deaf = model.fuse(model.extract(ClipInputs(**tiny_inputs(model))), without={"audio"})
    assert not torch.allclose(logits, model.similarity(texts, deaf), atol=1e-3)
    with pytest.raises(HearsightError, match="add 'audio' to `needs`"):
        model.similarity(texts, video.select(("pooled", "frames")))
    with_extra = built(folder, "attending-to-sound")
    with_extra.load_state_dict(model.state_dict())
    silent = ClipInputs(**{**tiny_inputs(model), "has_audio": torch.tensor([True, False, True])})
    video = with_extra.fuse(with_extra.extract(silent)).select(with_extra.needs)
    difference = with_extra.similarity(texts, video) - model.similarity(texts, video)
    assert torch.allclose(difference, torch.tensor([0.0, -1.0, 0.0]).expand(100, 3), atol=1e-4)
    with pytest.raises(HearsightError, match="add 'has_sound' to `needs`"):
        with_extra.similarity(texts, video.select(model.needs))


@torch.no_grad()
def test_a_library_ranks_by_all_that_the_method_needs(folder):
    run_file(folder / "attending.py")
    model = built(folder, "attending")
    model.save_pretrained(folder / "attending")
    library = hearsight.index(folder / "films", model=str(folder / "attending"), recogniser="none")
    films = [folder / "films" / f"film{number}.mkv" for number in range(2)]
    expected = model.similarity(model.encode_texts(["a bell rings"]), model.encode_files(films))[0]
    hits = library.search("a bell rings", mode="dense").hits
    scores = {hit.path: hit.score for hit in hits}
    for film, logit in zip(films, expected.tolist(), strict=True):
        assert scores[Path(film.name)] == pytest.approx(logit, abs=0.05), scores  # vectors are stored in half precision
