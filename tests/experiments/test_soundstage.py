"""The mini benchmark end to end: render, extract, train methods briefly, evaluate, and write the page."""

import json
import runpy
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from hearsight.cli.main import main
from hearsight.models.catalog import DEMO
from hearsight.research.datasets import transcripts
from hearsight.research.soundstage import render
from hearsight.research.soundstage.icons import FONT
from hearsight.speech import RecognisedSpeech
from hearsight.speech.sphinx import SphinxRecogniser
from hearsight.types import Word

EXPERIMENT = Path(__file__).parents[2] / "experiments" / "soundstage"
QUERIES = 24  # the fewest of this split that have every kind of query, and of clip

pytestmark = pytest.mark.skipif(
    not shutil.which("flite") or not FONT.exists(), reason="needs flite and the font fonts-noto-color-emoji"
)


def test_records_of_another_test_are_removed(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(EXPERIMENT)
    from runs import Plan, remove_outdated_records

    plan = Plan(build=tmp_path)
    test = plan.data / "test"
    test.mkdir(parents=True)
    (test / "manifest.jsonl").write_text('{"id": "a"}\n')
    remove_outdated_records(plan)
    plan.record("save").write_text("{}")
    remove_outdated_records(plan)
    assert plan.record("save").exists()
    (test / "transcripts.pocketsphinx.jsonl").write_text('{"id": "a", "transcript": {}}\n')
    remove_outdated_records(plan)
    assert not plan.record("save").exists()


def run_here(command: list[str], **options) -> subprocess.CompletedProcess:
    """Run a command of Hearsight in this process: another would import PyTorch for each of the runs."""
    assert command[:3] == [sys.executable, "-m", "hearsight"]
    return subprocess.CompletedProcess(command, main(command[3:]))


@pytest.mark.slow
def test_from_nothing_to_the_page(tmp_path, monkeypatch, capfd):
    """On few clips, in one process, and with a recogniser that hears the same in all: others render and recognise."""
    shutil.copytree(DEMO, tmp_path / "build" / "demo" / "towers-more" / "model")  # in place of half an hour's training
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(render.SIZES, "mini", {"train": 8, "validation": 4, "test": QUERIES})
    heard = RecognisedSpeech((Word(0.2, 0.6, "yellow"), Word(0.6, 1.0, "bicycle")), "en")
    monkeypatch.setattr(SphinxRecogniser, "transcribe", lambda self, samples: heard)
    monkeypatch.setattr(transcripts, "SMALL", QUERIES)  # so that no other process recognises
    monkeypatch.setattr(sys, "argv", ["experiments/soundstage", "--size", "mini", "--quick"])
    monkeypatch.syspath_prepend(EXPERIMENT)
    import runs

    monkeypatch.setattr(runs, "PARALLEL_RUNS", 1)
    monkeypatch.setattr(runs, "subprocess", SimpleNamespace(run=run_here))
    runpy.run_path(str(EXPERIMENT), run_name="__main__")
    assert "> training" in capfd.readouterr().out
    runpy.run_path(str(EXPERIMENT), run_name="__main__")
    assert "> training" not in capfd.readouterr().out  # everything is done already
    built = tmp_path / "build" / "soundstage-mini-quick"
    page = (built / "soundstage.md").read_text()
    rows = ("SAVE", "Chorus", "over SAVE", "its gates help", "SAVE, no gates", "Chorus, not weighed", "hybrid")
    for expected in (*(f"| {row} |" for row in rows), "AUC", "times as long"):
        assert expected in page, expected
    records = built / "soundstage"
    assert {"methods.svg", "save.svg", "chorus.svg", "save.json"} <= {file.name for file in records.iterdir()}
    assert len(json.loads((records / "save.json").read_text())["rankings"][0]["texts"]) == QUERIES
