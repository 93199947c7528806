"""Render all splits, export them, describe one, and tell what can be reached on it."""

import csv
import json
import shutil

import pytest

from hearsight.research.soundstage import render
from hearsight.research.soundstage.icons import FONT

needs_stage = pytest.mark.skipif(
    not shutil.which("flite") or not FONT.exists(), reason="needs flite and the font fonts-noto-color-emoji"
)


@needs_stage
def test_all_splits_and_what_is_known_of_them(run, tmp_path, monkeypatch):
    counts = {"train": 2, "validation": 2, "test": 7, "demo": 1}
    monkeypatch.setitem(render.SIZES, "mini", counts)
    assert run("soundstage", "render", tmp_path, "--size", "mini").code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"train", "validation", "test"}

    ran = run("soundstage", "export", tmp_path, tmp_path / "as-msrvtt", "--layout", "msrvtt")
    assert ran.code == 0
    assert "msrvtt: 11 videos in" in ran.err
    assert len(list((tmp_path / "as-msrvtt" / "videos" / "all").glob("video*.mp4"))) == 11
    with (tmp_path / "as-msrvtt" / "MSRVTT_JSFUSION_test.csv").open(newline="") as file:
        asked = [row["sentence"] for row in csv.DictReader(file)]
    manifest = (tmp_path / "test" / "manifest.jsonl").read_text().splitlines()
    assert asked == [json.loads(line)["captions"][0]["text"] for line in manifest]
    again = run("soundstage", "export", tmp_path, tmp_path / "as-msrvtt", "--layout", "vatex")
    assert again.code == 1
    assert "holds an export with the layout msrvtt" in again.err

    ran = run("soundstage", "oracle", tmp_path / "test", "--json")
    assert json.loads(ran.out)["all"]["all queries"] == {"queries": 7, "r1": 100, "r5": 100, "r10": 100}
    assert "sees and hears" in run("soundstage", "oracle", tmp_path / "test").out

    report = json.loads(run("soundstage", "describe", tmp_path / "test", "--json").out)
    assert report["clips"] == 7
    assert report["queries about sight"] + report["queries about sound"] == 7
    heard = run("soundstage", "describe", tmp_path / "test", "--recogniser", "pocketsphinx")
    assert "word error rate" in heard.out


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["render", "data", "--count", "3"], "--count is for one split"),
        (["export", ".", "out", "--layout", "msrvtt"], "has no train split"),
        (["oracle", "."], "no manifest.jsonl"),
        (["describe", "."], "no manifest.jsonl"),
    ],
)
def test_what_is_wrong_is_said(run, words, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = run("soundstage", *words)
    assert ran.code == 1
    assert says in ran.err


@pytest.mark.parametrize("words", [[], ["--layout", "youcook"]])
def test_a_layout_has_to_be_named(run, words, tmp_path):
    assert run("soundstage", "export", tmp_path, tmp_path / "out", *words).code == 2
