"""`hearsight evaluate`: the table, JSON, a report in a folder, and errors."""

import json

import pytest

from hearsight.research.datasets.split import Split
from tests.builders import tiny_model
from tests.research.evaluation.rankings import Clips


@pytest.fixture
def arguments(tmp_path, monkeypatch):
    """Return MODEL and FOLDER, with random features instead of files."""
    model = tiny_model(tmp_path / "model", "clip4clip")
    for split in ("test", "train"):
        (tmp_path / split).mkdir()
        row = {"id": "a", "path": "a.mp4", "captions": [{"text": "a bell rings"}, {"text": "a bell"}]}
        (tmp_path / split / "manifest.jsonl").write_text(json.dumps(row) + "\n")
    monkeypatch.setattr(Split, "features", lambda split, towers, recogniser, progress: Clips(model))
    return tmp_path / "model", tmp_path / "test"


def test_a_table_and_json_say_the_same(run, arguments):
    table = run("evaluate", *arguments)
    assert "95 % intervals" in table.out and "normalisation: none" in table.out
    report = json.loads(run("evaluate", *arguments, "--json").out)
    assert report["protocol"]["clips"] == 7
    assert set(report["rows"]) == {"sight", "sound", "all captions", "video to text"}
    assert f"{report['rows']['all captions']['sumr']['value']:.1f}" in table.out


def test_normalisation_is_reported(run, arguments, tmp_path):
    assert "(transductive)" in run("evaluate", *arguments, "--dsl").out
    out = run("evaluate", *arguments, "--querybank", tmp_path / "train").out
    assert "normalisation: querybank, 2 captions of" in out
    assert "video to text" not in out


def test_a_report_is_written_and_compared_with(run, arguments, tmp_path):
    pytest.importorskip("matplotlib")
    first = run("evaluate", *arguments, "--report", tmp_path / "first")
    assert first.err.endswith(f"report: {tmp_path / 'first'}\n")
    then = run("evaluate", *arguments, "--against", tmp_path / "first", "--report", tmp_path / "then")
    assert then.code == 0
    assert "R@1 +0.0 (+0.0 to +0.0)" in then.out
    assert (tmp_path / "then" / "methods.svg").exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--dsl", "--querybank", "train"], "give one of them"),
        (["--querybank", "test"], "is the folder that is tested"),
        (["--querybank", "nowhere"], "no manifest.jsonl in nowhere"),
        (["--against", "nowhere"], "cannot read a report in nowhere"),
    ],
)
def test_errors_say_what_is_wrong(run, arguments, tmp_path, monkeypatch, options, says):
    monkeypatch.chdir(tmp_path)
    ran = run("evaluate", *arguments, *options)
    assert ran.code == 1
    assert says in ran.err
