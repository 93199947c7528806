"""A sound expert goes through the files after an update, and continues where it was interrupted."""

import json
import shutil

import numpy as np
import pytest

import hearsight
from hearsight.errors import HearsightError
from hearsight.experts.registry import register_expert
from hearsight.experts.sound_registry import SOUND_EXPERTS, load_sound_expert
from hearsight.experts.word_vectors import WordVectors
from hearsight.library import Library
from hearsight.library.indexing import read as reading
from hearsight.library.indexing import sounds
from hearsight.library.listeners import NullListener
from tests.library.conftest import film
from tests.library.sound_experts import PITCHES, Pitches, noise, sound_film, tone

NAME = "pitches:"


@pytest.fixture(autouse=True)
def registered(no_plugins):
    load_sound_expert.cache_clear()
    hearsight.register_sound_expert("pitches")(Pitches)
    yield
    load_sound_expert.cache_clear()


@pytest.fixture
def films(tmp_path):
    """A film with two seconds of barking, one with a bell, one that is silent, and one without sound."""
    bark = noise(20, 0.001)
    bark[7 * 16_000 : 9 * 16_000] += tone(PITCHES["bark"], 2)
    sound_film(tmp_path / "films" / "bark.mkv", bark, seed=1)
    sound_film(tmp_path / "films" / "trip" / "bell.mkv", tone(PITCHES["bell"], 3), seed=2)
    sound_film(tmp_path / "films" / "silent.mkv", np.zeros(32_000, np.float32), seed=3)
    film(tmp_path / "films" / "mute.mkv", 2, sound=False)
    return tmp_path / "films"


@pytest.fixture
def index(films, model):
    """Index the films again, with other options."""
    return lambda **options: hearsight.index(films, model=model, recogniser="none", meaning="none", **options)


def windows(library, name=NAME):
    rows = library._store.windows(name).rows(["id", "video", "start", "end"]).to_pylist()
    paths = {id: video.path for id, video in library._store.snapshot().videos.items()}
    return sorted((paths[row["video"]], row["start"], row["end"]) for row in rows)


def recorded(library):
    return json.loads((library.location / "library.json").read_text())


def test_nothing_is_compared_unless_a_person_asks(index):
    library = index()
    assert "sound" not in recorded(library) and library.info().sound == "none" and library.info().sounds == 0
    assert not list(library.location.glob("windows-pitches*"))


def test_windows_are_where_something_is_heard(index):
    library = index(sound="pitches")
    assert recorded(library)["sound"] == library.info().sound == NAME and library.info().sounds == 3
    by_path = {path: [start for each, start, _ in windows(library) if each == path] for path, *_ in windows(library)}
    assert by_path["trip/bell.mkv"] == [0] and any(6.85 <= start <= 7 for start in by_path["bark.mkv"])
    assert by_path.keys() == {"bark.mkv", "trip/bell.mkv", "silent.mkv"}  # the last with its mark
    assert [end for path, _, end in windows(library) if path == "silent.mkv"] == [0]
    assert all(start < end <= start + 5.001 for path, start, end in windows(library) if path != "silent.mkv")
    assert library._store.snapshot().calibration.sounds == {NAME: Pitches().fingerprint}


def test_an_expert_can_be_added_and_removed_without_reading_anything_else(index, monkeypatch):
    expected = windows(index(sound="pitches", rebuild=True))
    index(rebuild=True, sound="none")
    monkeypatch.setattr(reading, "read_clips", None)  # calling it would raise
    library = index(sound="pitches")
    assert windows(library) == expected and library.failures() == []
    assert index().identity.sound == NAME
    library = index(sound="none")
    assert library.info().sound == "none" and library._store.snapshot().calibration.sounds == {}
    index()
    assert not list(library.location.glob("windows-pitches*"))


def test_only_what_is_new_is_decoded(index, films, monkeypatch, decode_here):
    read, cut_audio = [], sounds.cut_audio
    monkeypatch.setattr(sounds, "cut_audio", lambda path, *rest: read.append(path.name) or cut_audio(path, *rest))
    index(sound="pitches")
    assert read == ["bark.mkv", "silent.mkv", "bell.mkv"]
    index()
    assert len(read) == 3  # the silent one is not tried again
    (films / "trip" / "bell.mkv").unlink()
    shutil.move(films / "bark.mkv", films / "moved.mkv")
    sound_film(films / "siren.mkv", tone(PITCHES["siren"], 2))
    library = index()
    assert read[3:] == ["siren.mkv"]
    assert {path for path, *_ in windows(library)} == {"moved.mkv", "silent.mkv", "siren.mkv"}


def test_an_interrupted_pass_is_continued(index, monkeypatch, decode_here):
    index()
    read, cut_audio = [], sounds.cut_audio

    def interrupted(path, *rest):
        read.append(path.name)
        if len(read) == 3:
            raise KeyboardInterrupt
        return cut_audio(path, *rest)

    monkeypatch.setattr(sounds, "cut_audio", interrupted)
    monkeypatch.setattr(sounds, "COMMIT_SECONDS", 0.0)
    with pytest.raises(KeyboardInterrupt):
        index(sound="pitches")
    library = index()
    assert read == ["bark.mkv", "silent.mkv", "bell.mkv", "bell.mkv"] and library.info().sounds == 3
    assert library._store.snapshot().calibration.sounds


def test_a_file_that_cannot_be_read_is_skipped_with_a_reason_and_tried_again(index, monkeypatch, decode_here):
    cut_audio, failing = sounds.cut_audio, True

    def broken(path, *rest):
        if path.name == "bark.mkv" and failing:
            raise OSError(5, "Input/output error")
        yield from cut_audio(path, *rest)

    library = index()
    monkeypatch.setattr(sounds, "cut_audio", broken)
    plan = Library.plan(library.folder, recogniser="none", sound="pitches")
    library, report = plan.run()
    [failure] = report.failed
    assert failure.path == "bark.mkv" and failure.reason.startswith("its sound cannot be compared:")
    assert "Input/output error;" in failure.reason
    assert report.sounds == 2 and library.failures() == [] and library.info().sounds == 2
    failing = False
    report = library.update(recogniser="none")
    assert report.sounds == 1 and report.failed == [] and library.info().sounds == 3
    assert [video for video, *_ in windows(library)].count("bark.mkv") > 0


def test_progress_is_reported_for_each_file(index, monkeypatch):
    index()
    calls = []

    class Listener(NullListener):
        def files(self, total, size):
            calls.append(("files", total))

        def clips(self, number, total):
            calls.append(("clips", number, total))

        def done(self, path):
            calls.append(("done", str(path)))

    index(sound="pitches", progress=Listener())
    assert calls[:2] == [("files", 0), ("files", 3)]
    assert [call[1] for call in calls if call[0] == "done"] == ["bark.mkv", "silent.mkv", "trip/bell.mkv"]
    assert sum(call[1] for call in calls if call[0] == "clips") == 4


def test_another_expert_of_the_same_name_encodes_anew(index, monkeypatch):
    library = index(sound="pitches")
    monkeypatch.setattr(Pitches, "fingerprint", "another")
    report = library.update(recogniser="none")
    assert report.sounds == 3 and library._store.snapshot().calibration.sounds == {NAME: "another"}


def test_an_expert_that_fails_stops_the_pass_and_no_file_is_blamed(index, monkeypatch):
    def fail(self, sounds, device):
        raise HearsightError("out of order; repair it")

    monkeypatch.setattr(Pitches, "encode_sounds", fail)
    with pytest.raises(HearsightError, match="out of order"):
        index(sound="pitches")
    assert Library.open(index.__closure__[0].cell_contents).failures() == []


@pytest.mark.parametrize("name", ["clap:../../outside", "/etc", "", "\x00", "clap:" + "a" * 5000, "nobody:x"])
def test_names_of_a_strangers_library_download_and_reach_nothing(index, name, monkeypatch):
    monkeypatch.setattr("hearsight.models.hub.look_up", None)  # calling it would raise
    library = index()
    (library.location / "library.json").write_text(json.dumps({**recorded(library), "sound": name or "?"}))
    opened = Library.open(library.folder)
    assert opened.search("a bell rings").hits and opened.info().sound == (name or "?")
    with pytest.raises(HearsightError):
        opened.update(recogniser="none")


def test_an_unknown_expert_is_refused_before_anything_is_made(films, model):
    with pytest.raises(HearsightError, match="unknown sound expert 'clapp'"):
        hearsight.index(films, model=model, recogniser="none", sound="clapp")
    assert not (films / ".hearsight").exists()


def test_two_experts_of_one_name_are_refused(films, model):
    class Namesake(WordVectors):
        name = NAME

    register_expert("pitches")(lambda detail: Namesake())
    with pytest.raises(HearsightError, match="both called 'pitches:'"):
        hearsight.index(films, model=model, recogniser="none", meaning="pitches", sound="pitches")


def test_long_odd_and_short_sounds_are_encoded(tmp_path, model):
    sound_film(tmp_path / "films" / "short.mkv", tone(900, 0.2))
    sound_film(tmp_path / "films" / "long.mkv", noise(50, 0.1))
    library = hearsight.index(tmp_path / "films", model=model, recogniser="none", cut="file", sound="pitches")
    starts = [start for path, start, _ in windows(library) if path == "long.mkv"]
    assert len(starts) == 12 and max(starts) >= 44.5 and "pitches" in SOUND_EXPERTS.names()
    assert [path for path, *_ in windows(library)].count("short.mkv") == 1
