"""`hearsight train`: from rendered clips to a table of results, and errors."""

import io
import json
import shutil
from pathlib import Path

import pytest
import yaml

from hearsight.cli.main import main
from hearsight.research.soundstage.icons import FONT
from hearsight.speech import Transcript
from hearsight.types import Line
from tests.builders import tiny_ast, tiny_clip
from tests.research.training.feature_data import made_up_recipe

needs_stage = pytest.mark.skipif(
    not shutil.which("flite") or not FONT.exists(), reason="needs flite and the font fonts-noto-color-emoji"
)


@needs_stage
def test_from_nothing_to_a_table(tmp_path, capsys):
    data, towers, run = (str(tmp_path / name) for name in ("data", "towers", "run"))
    recipe = tmp_path / "towers.yaml"
    sizes = {"clip": tiny_clip(), "ast": tiny_ast(), "vocabulary": 700, "scenes": 6, "sounded": 6, "steps": 2}
    recipe.write_text(yaml.safe_dump({"kind": "towers", **sizes, "pictures": 4, "sounds": 2, "sentences": 2}))
    for split, count in (("train", "4"), ("validation", "3")):
        assert main(["soundstage", "render", data, "--split", split, "--count", count, "--workers", "1"]) == 0
    assert main(["train", str(recipe), "--out", towers]) == 0
    changes = [f"data={data}", f"towers={towers}/model", "epochs=2", "batch=4"]
    changes += ["options.heads=2", "layers=1", "queries=4"]  # the latter as they were written before
    command = ["train", "demo", "--out", run, *(part for change in changes for part in ("--set", change))]
    assert main(command) == 0
    first = (tmp_path / "run" / "metrics.jsonl").read_text()
    assert main(command) == 0  # done already: nothing is trained again
    assert (tmp_path / "run" / "metrics.jsonl").read_text() == first
    capsys.readouterr()
    assert main(["evaluate", f"{run}/model", f"{data}/validation", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["protocol"]["clips"] == 3
    assert 0 <= report["rows"]["all captions"]["r1"]["value"] <= 100
    assert main(["evaluate", f"{run}/model", f"{data}/validation"]) == 0
    assert "recall in percent, ranks among 3 clips" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["train", "nothing", "--out", "run"], "no recipe 'nothing'"),
        (["train", "demo", "--out", "run", "--set", "epoch=2"], "unknown key 'epoch' (did you mean 'epochs'?)"),
        (["evaluate", "demo", "."], "no manifest.jsonl"),
    ],
)
def test_errors_say_what_is_wrong(words, says, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 1
    assert says in capsys.readouterr().err


def test_a_run_reads_each_manifest_and_each_transcript_file_once(tmp_path, monkeypatch):
    recipe = made_up_recipe(tmp_path, epochs=1, recogniser="pocketsphinx")
    said = Transcript((Line(0.0, 1.0, "a doctor"),), "pocketsphinx").to_dict()
    for split in ("train", "validation"):
        rows = [{"id": f"clip{number}", "transcript": said} for number in range(16)]
        (tmp_path / "data" / split / "transcripts.pocketsphinx.jsonl").write_text(
            "\n".join(map(json.dumps, rows)) + "\n"
        )
    (tmp_path / "recipe.yaml").write_text(json.dumps(recipe.model_dump()))
    files: list[str] = []
    open_file = io.open

    def count(file, *options, **keywords):
        if str(file).startswith(str(tmp_path / "data")) and str(file).endswith(".jsonl"):
            files.append(str(Path(file).relative_to(tmp_path / "data")))
        return open_file(file, *options, **keywords)

    monkeypatch.setattr(io, "open", count)
    assert main(["train", str(tmp_path / "recipe.yaml"), "--out", str(tmp_path / "run")]) == 0
    assert sorted(files) == [
        "train/manifest.jsonl",
        "train/transcripts.pocketsphinx.jsonl",
        "validation/manifest.jsonl",
        "validation/transcripts.pocketsphinx.jsonl",
    ]
