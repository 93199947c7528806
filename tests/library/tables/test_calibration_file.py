"""A calibration is read as it was written, or derived again."""

import json
from dataclasses import replace

import pytest

from hearsight.experts.calibration import Null, Scale
from hearsight.library.tables.calibration_file import FILE, NULLS, SCALES, TEXT_NULLS, TEXT_SCALES, Calibration


@pytest.fixture
def calibration():
    scales, nulls = dict.fromkeys(SCALES, Scale(1.0, 2.0)), dict.fromkeys(NULLS, Null(2.5, 0.5, 7))
    return Calibration("model", "bank", 3, {"wordllama": "abc"}, {"clap": "def"}, scales, nulls)


def test_what_is_written_is_read(tmp_path, calibration):
    calibration.write(tmp_path)
    assert Calibration.read(tmp_path) == calibration


def test_one_of_a_library_that_is_read_has_the_scores_of_texts(tmp_path, calibration):
    scales = {**calibration.scales, **dict.fromkeys(TEXT_SCALES, Scale(0.0, 1.0))}
    nulls = {**calibration.nulls, **dict.fromkeys(TEXT_NULLS, Null(1.0, 0.5, 7))}
    read = replace(calibration, scales=scales, nulls=nulls, readers={"rapidocr": "1"})
    read.write(tmp_path)
    assert Calibration.read(tmp_path) == read
    assert read.windows == ["wordllama", "clap", "text/wordllama"] and calibration.windows == ["wordllama", "clap"]
    replace(calibration, readers={"rapidocr": "1"}).write(tmp_path)  # lacks them
    assert Calibration.read(tmp_path) is None


BAD_SCALES = [{"mean": 0, "deviation": "1"}, {"mean": 10**400, "deviation": 1}, {"mean": 0}]
BAD_NULLS = [(1, 0), (1, float("nan")), (float("inf"), 1)]


@pytest.mark.parametrize(
    "change",
    [
        {"scales": {}},
        {"nulls": {}},
        {"scales": None},
        {"experts": []},
        {"unknown": 1},
        *({"scales": dict.fromkeys(SCALES, bad)} for bad in BAD_SCALES),
        *({"nulls": {name: {"typical": a, "spread": b, "clips": 3} for name in NULLS}} for a, b in BAD_NULLS),
    ],
)
def test_a_damaged_one_is_as_if_missing(tmp_path, calibration, change):
    calibration.write(tmp_path)
    file = tmp_path / FILE
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    assert Calibration.read(tmp_path) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "[" * 100_000, "\0"])
def test_what_is_no_calibration_is_as_if_missing(tmp_path, text):
    (tmp_path / FILE).write_text(text)
    assert Calibration.read(tmp_path) is None
