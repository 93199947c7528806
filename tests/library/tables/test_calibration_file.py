"""A calibration is read as it was written, or derived again."""

import json

import pytest

from hearsight.experts.calibration import Null, Scale
from hearsight.library.tables.calibration_file import FILE, NULLS, SCALES, Calibration


@pytest.fixture
def calibration():
    scales, nulls = dict.fromkeys(SCALES, Scale(1.0, 2.0)), dict.fromkeys(NULLS, Null(2.5, 0.5, 7))
    return Calibration("model", "bank", 3, {"wordllama": "abc"}, {"clap": "def"}, scales, nulls)


def test_what_is_written_is_read(tmp_path, calibration):
    calibration.write(tmp_path)
    assert Calibration.read(tmp_path) == calibration


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
