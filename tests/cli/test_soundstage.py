"""The commands that render splits, export them, count what is in one, and bound the recall on it."""

import csv
import json
import shutil

import pytest

from hearsight.research.soundstage import render
from hearsight.research.soundstage.icons import FONT

needs_tools = pytest.mark.skipif(
    not shutil.which("flite") or not FONT.exists(), reason="needs flite and the font fonts-noto-color-emoji"
)


@needs_tools
def test_splits_are_rendered_exported_and_described(run, tmp_path, monkeypatch):
    counts = {"train": 2, "validation": 2, "test": 7, "demo": 1}
    monkeypatch.setitem(render.SIZES, "mini", counts)
    assert run("soundstage", "render", tmp_path, "--size", "mini").code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"train", "validation", "test"}

    ran = run("soundstage", "export", tmp_path, tmp_path / "as-msrvtt", "--layout", "msrvtt")
    assert ran.code == 0
    assert "msrvtt: 11 videos in" in ran.err
    assert len(list((tmp_path / "as-msrvtt" / "videos" / "all").glob("video*.mp4"))) == 11
    with (tmp_path / "as-msrvtt" / "MSRVTT_JSFUSION_test.csv").open(newline="") as file:
        queries = [row["sentence"] for row in csv.DictReader(file)]
    manifest = (tmp_path / "test" / "manifest.jsonl").read_text().splitlines()
    assert queries == [json.loads(line)["captions"][0]["text"] for line in manifest]
    repeated = run("soundstage", "export", tmp_path, tmp_path / "as-msrvtt", "--layout", "vatex")
    assert repeated.code == 1
    assert "holds an export with the layout msrvtt" in repeated.err

    ran = run("soundstage", "oracle", tmp_path / "test", "--json")
    assert json.loads(ran.out)["all"]["all queries"] == {"queries": 7, "r1": 100, "r5": 100, "r10": 100}
    assert "sees and hears" in run("soundstage", "oracle", tmp_path / "test").out

    report = json.loads(run("soundstage", "describe", tmp_path / "test", "--json").out)
    assert report["clips"] == 7
    assert report["queries about sight"] + report["queries about sound"] == 7
    ran = run("soundstage", "describe", tmp_path / "test", "--recogniser", "moonshine")
    assert "word error rate" in ran.out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["render", "data", "--count", "3"], "--count needs --split"),
        (["export", ".", "out", "--layout", "msrvtt"], "has no complete train split"),
        (["oracle", "."], "no manifest.jsonl"),
        (["describe", "."], "no manifest.jsonl"),
    ],
)
def test_wrong_arguments_are_explained(run, words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = run("soundstage", *words)
    assert ran.code == 1
    assert message in ran.err


@pytest.mark.parametrize("words", [[], ["--layout", "youcook"]])
def test_a_layout_is_required(run, words, tmp_path):
    assert run("soundstage", "export", tmp_path, tmp_path / "out", *words).code == 2
