"""The mini benchmark end to end: render, extract, train methods briefly, evaluate, and write the page."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hearsight.models.catalog import DEMO
from hearsight.research.soundstage.icons import FONT

EXPERIMENT = Path(__file__).parents[2] / "experiments" / "soundstage"

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


def test_from_nothing_to_the_page(tmp_path):
    shutil.copytree(DEMO, tmp_path / "build" / "demo" / "towers-more" / "model")  # in place of half an hour's training
    words = [sys.executable, str(EXPERIMENT), "--size", "mini", "--quick"]
    for _ in range(2):  # the second finds everything done
        done = subprocess.run(
            words, cwd=tmp_path, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
    assert "> training" not in done.stdout
    built = tmp_path / "build" / "soundstage-mini-quick"
    page = (built / "soundstage.md").read_text()
    rows = ("SAVE", "Chorus", "over SAVE", "its gates help", "SAVE, no gates", "Chorus, not weighed", "hybrid")
    for told in (*(f"| {row} |" for row in rows), "AUC", "times as long"):
        assert told in page, told
    records = built / "soundstage"
    assert {"methods.svg", "save.svg", "chorus.svg", "save.json"} <= {file.name for file in records.iterdir()}
    assert len(json.loads((records / "save.json").read_text())["rankings"][0]["texts"]) == 40
