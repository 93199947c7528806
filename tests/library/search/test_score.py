"""Scores of clips that lack what an expert compares, and of libraries that are searched together."""

import wave

import pytest

from hearsight.experts.calibration import Null, Scale
from hearsight.library import Library
from hearsight.library.search.score import joint_calibrations
from hearsight.library.tables.calibration_file import NULLS, SCALES, Calibration
from tests.library.conftest import film, say, tiny_model


def calibration(**scales):
    every = {name: scales.get(name, Scale(0.2, 0.05)) for name in SCALES}
    return Calibration("m", "b", 1, {"wordllama": "a"}, {"clap": "b"}, every, dict.fromkeys(NULLS, Null(2.0, 0.5, 9)))


def test_a_library_in_which_nobody_speaks_does_not_change_the_scale_of_another():
    talking, silent = calibration(meaning=Scale(0.3, 0.1)), calibration(meaning=Scale(0.0, 0.0), heard=Scale(0.0, 0.0))
    for joint in joint_calibrations([talking, silent]) + joint_calibrations([silent, talking]):
        assert joint.scales["meaning"] == Scale(0.3, 0.1) and joint.scales["heard"] == Scale(0.2, 0.05)
    assert joint_calibrations([silent, silent])[0].scales["meaning"] == Scale(0.0, 0.0)


@pytest.fixture(scope="module")
def libraries(tmp_path_factory):
    """Films alone, and the same films beside sound files, with a model that only sees."""
    root = tmp_path_factory.mktemp("lacking")
    model = tiny_model(root / "model", "clip4clip")
    for folder in ("films", "films and sounds"):
        for seed in range(4):
            film(root / folder / f"{seed}.mkv", 2, seed=seed)
        say(root / folder / "0.srt", "the doctor lost his bicycle")
    for number in range(6):
        with wave.open(str(root / "films and sounds" / f"{number}.wav"), "wb") as out:
            out.setparams((1, 2, 8000, 0, "NONE", ""))
            out.writeframes(bytes(32_000))
    libraries = [Library.create(root / folder, model, seconds=2) for folder in ("films", "films and sounds")]
    for library in libraries:
        library.update(recogniser="none")
    return libraries


def test_sound_files_do_not_change_what_pictures_are_worth(libraries):
    films, mixed = (library.searchable.store.snapshot().calibration for library in libraries)
    for name in ("model", "seen"):
        assert vars(mixed.scales[name]) == pytest.approx(vars(films.scales[name]), abs=1e-4)
    assert not mixed.scales["heard"].is_informative


@pytest.mark.parametrize("mode", ["hybrid", "dense"])
def test_a_model_that_only_sees_finds_no_sound_file(libraries, mode):
    hits = libraries[1].search("a red picture", mode=mode, limit=20).hits
    assert len(hits) == 10
    if mode == "dense":
        assert all(hit.confidence == 0 for hit in hits if hit.path.suffix == ".wav")
