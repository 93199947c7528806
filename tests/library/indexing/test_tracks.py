"""Which sound track is heard: recorded, kept by later updates, used by every pass, and shown."""

import json

import numpy as np
import pytest

import hearsight
from hearsight.errors import HearsightError
from hearsight.library import Library
from hearsight.library.indexing import reencode
from hearsight.library.tables.library_json import Identity
from hearsight.library.tables.store import Store
from hearsight.speech.recogniser import RecognisedSpeech
from hearsight.types import Line
from tests.builders import tiny_model
from tests.library.conftest import assert_same, film, rows
from tests.library.sound_experts import PITCHES, Pitches, registered, tone  # noqa: F401
from tests.media_files import beep, write_tracks
from tests.speech.sounds import spoken_sentences

ENGLISH, GERMAN = {"language": "eng"}, {"language": "ger", "title": "Deutsch"}


class Ear:
    """Hears that somebody speaks."""

    name = "ear"

    def transcribe(self, samples):
        return RecognisedSpeech((), "de", (Line(0.0, 1.0, "Guten Abend."),))


@pytest.fixture
def folder(tmp_path):
    """Write a film with a tone in English and speech in German, and one with a tone alone."""
    (tmp_path / "films").mkdir()
    write_tracks(
        tmp_path / "films" / "two.mkv", (beep(6), "default", ENGLISH), (spoken_sentences()[:96_000], "", GERMAN)
    )
    write_tracks(tmp_path / "films" / "one.mkv", (beep(2), "default", ENGLISH))
    return tmp_path / "films"


def transcripts(library: Library) -> set[str]:
    return {line["text"] for clip in rows(library)[1] for line in clip["lines"]}


def test_the_usual_track_is_heard_unless_another_is_asked_for(folder, model):
    library = Library.create(folder, model)
    report = library.update(recogniser=Ear())
    assert (report.added, report.other_tracks, transcripts(library)) == (2, 0, set())
    info = library.info()
    assert (info.several_tracks, info.audio_track, info.audio_language) == (1, None, None)
    [track] = library.tracks()
    assert (track.path, track.track, track.tracks, track.language, track.title) == ("two.mkv", 1, 2, "eng", None)


@pytest.mark.parametrize(
    ("choice", "recorded", "others"),
    [
        ({"audio_track": 2}, (2, None), 1),
        ({"audio_language": "German"}, (None, "de"), 0),
        ({"audio_track": 5, "audio_language": "deu"}, (5, "de"), 2),
    ],
)
def test_the_choice_is_recorded_and_later_updates_keep_it(folder, model, choice, recorded, others):
    library = Library.create(folder, model, **choice)
    assert library.update(recogniser=Ear()).other_tracks == others
    assert transcripts(library) == {"Guten Abend."}
    assert [(track.track, track.language, track.title) for track in library.tracks()] == [(2, "ger", "Deutsch")]
    write_tracks(folder / "late.mkv", (beep(6), "", ENGLISH), (spoken_sentences()[:96_000], "", GERMAN))
    library = Library.open(folder, model=model)
    info = library.info()
    assert (info.audio_track, info.audio_language) == recorded
    library.update(recogniser=Ear())
    assert {(track.path, track.track) for track in library.tracks()} == {("two.mkv", 2), ("late.mkv", 2)}


def test_files_that_are_indexed_keep_their_track_until_a_rebuild(folder, model):
    Library.create(folder, model).update(recogniser=Ear())
    library = Library.create(folder, model, audio_track=2)
    assert library.update(recogniser=Ear()).unchanged == 2
    assert [track.track for track in library.tracks()] == [1]
    library = Library.create(folder, model, rebuild=True)
    library.update(recogniser=Ear())
    assert [track.track for track in library.tracks()] == [2] and library.info().audio_track == 2
    library = Library.create(folder, model, audio_track=0, rebuild=True)
    library.update(recogniser=Ear())
    assert [track.track for track in library.tracks()] == [1] and library.info().audio_track is None


def test_an_interrupted_run_for_another_track_is_not_continued(folder, model, monkeypatch):
    """Its transcript and its clips are of what was heard then."""
    monkeypatch.setattr(Store, "put_videos", interrupt)
    with pytest.raises(KeyboardInterrupt):
        Library.create(folder, model, seconds=2, audio_track=1).update(recogniser=Ear())
    monkeypatch.undo()
    library = Library.create(folder, model, seconds=2, audio_track=2)
    library.update(recogniser=Ear())
    other = Library.create(folder, model, folder.parent / "other", seconds=2, audio_track=2)
    other.update(recogniser=Ear())
    assert transcripts(library) == {"Guten Abend."}
    assert_same(library, other)


def interrupt(*arguments):
    raise KeyboardInterrupt


def test_a_sound_expert_hears_the_track_that_was_transcribed(tmp_path, model):
    (tmp_path / "films").mkdir()
    bark, bell = (tone(PITCHES[name], 3) for name in ("bark", "bell"))
    write_tracks(tmp_path / "films" / "two.mkv", (bark, "default", ENGLISH), (bell, "", GERMAN))
    options = {"model": model, "recogniser": "none", "meaning": "none"}
    library = hearsight.index(tmp_path / "films", audio_track=2, **options)
    library = hearsight.index(tmp_path / "films", audio_track=0, sound="pitches", **options)
    vectors = library._store.windows("pitches:").rows(["id", "vector"])["vector"].to_pylist()
    assert {int(np.argmax(vector)) for vector in vectors} == {PITCHES["bell"] // 125}


def test_a_change_of_the_model_hears_the_same_track(folder, model, tmp_path, monkeypatch):
    library = Library.create(folder, model, seconds=2, audio_track=2)
    library.update(recogniser=Ear())
    heard, real = {}, reencode.read_clips

    def noting(info, *arguments):
        heard[info.path.name] = info.audio.track
        return real(info, *arguments)

    monkeypatch.setattr(reencode, "read_clips", noting)
    Library.create(folder, None, audio_track=0).change_model(tiny_model(tmp_path / "other", seed=7))
    assert heard == {"one.mkv": 1, "two.mkv": 2}


def test_an_older_table_gets_the_columns(folder, model):
    library = Library.create(folder, model)
    library.update(recogniser=Ear())
    library._store.videos.drop_columns(["track", "tracks", "track_language", "track_title"])
    again = Library.open(folder, model=model)
    assert again.tracks() == [] and again.info().several_tracks == 0
    film(folder / "late.mkv", 2)
    assert again.update(recogniser=Ear()).added == 1
    assert [video.track for video in again._store.snapshot().videos.values()].count(None) == 2


@pytest.mark.parametrize(
    ("choice", "says"),
    [({"audio_track": -1}, "no sound track -1"), ({"audio_language": "klingon"}, "no language 'klingon'")],
)
def test_an_impossible_choice_is_refused_before_anything_is_written(folder, model, choice, says):
    for use in (Library.create, Library.plan):
        with pytest.raises(HearsightError, match=says):
            use(folder, model=model, **choice)
    assert not (folder / ".hearsight").exists()


@pytest.mark.parametrize("values", [{"audio_track": "2"}, {"audio_track": -3}, {"audio_language": "../x"}])
def test_a_strangers_choice_is_damage(folder, model, values):
    file = Library.create(folder, model).location / "library.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **values}))
    with pytest.raises(HearsightError, match="is damaged"):
        Identity.read(file.parent)


def test_a_hit_tells_which_track_was_searched(folder, model):
    library = Library.create(folder, model, audio_track=2)
    library.update(recogniser=Ear())
    assert {hit.path.name: hit.audio_track for hit in library.search("Guten Abend").hits} == {
        "two.mkv": 2,
        "one.mkv": None,
    }
