"""Only the last part of a path is shown."""

from dataclasses import replace

import pytest

from hearsight.research.evaluation.report import Report
from hearsight.research.model_card.anonymise import anonymise, anonymise_report, last_part
from tests.research.evaluation.rankings import ranking


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/home/jane doe/data/", "data"),
        ("~/runs/towers", "towers"),
        ("C:\\Users\\jane\\data", "data"),
        ("/home/jane\n/data", "data"),
        ("whisper:/home/jane/small", "whisper:small"),
        ("whisper:small", "whisper:small"),
        ("pocketsphinx", "pocketsphinx"),
        ("/", ""),
    ],
)
def test_last_part(path, shown):
    assert last_part(path) == shown


def test_a_nested_recipe():
    assert anonymise({"a": [{"b": "/home/jane/x"}], "c": 1, "d": None}) == {"a": [{"b": "x"}], "c": 1, "d": None}


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        ("/home/jane doe/test, speech by none", "test, speech by none"),
        ("/home/jane/test (msrvtt-9k), speech by whisper:/home/jane/x", "test (msrvtt-9k), speech by whisper:x"),
        ("/home/jane, speech by/test, speech by none", "test, speech by none"),
        ("Soundstage test", "Soundstage test"),
    ],
)
def test_a_report(data, shown):
    bank = "querybank, 2 captions of /home/jane doe/train, inverse temperature 20, k = 1"
    rankings = [replace(ranking(), videos=None, normalisation=bank)]
    report = anonymise_report(Report("/home/jane/model", data, rankings), "model")
    assert (report.method, report.data) == ("model", shown)
    assert report.protocol["normalisation"] == "querybank, 2 captions of train, inverse temperature 20, k = 1"
