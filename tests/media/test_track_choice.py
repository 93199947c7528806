"""The sound track that a person asks for, by its number or its language."""

import numpy as np
import pytest

from hearsight.errors import HearsightError
from hearsight.media.audio import cut_audio, read_audio
from hearsight.media.languages import parse_language
from hearsight.media.probe import probe
from hearsight.media.track_choice import ANY_TRACK, TrackChoice, is_in_language
from hearsight.types import Clip
from tests.media_files import RATE, beep, write_tracks

ENGLISH, GERMAN, COMMENTARY = {"language": "eng"}, {"language": "ger"}, {"language": "ger", "title": "Kommentar"}
SILENCE = np.zeros(2 * RATE, np.float32)


def film(path, *tracks):
    """Write a file with these tracks: their metadata; the first one is the default."""
    return write_tracks(path, *((beep(2), "" if n else "default", metadata) for n, metadata in enumerate(tracks)))


@pytest.mark.parametrize(
    ("tracks", "choice", "heard"),
    [
        ([ENGLISH, GERMAN], ANY_TRACK, 1),
        ([ENGLISH, GERMAN], TrackChoice(2), 2),
        ([ENGLISH, GERMAN], TrackChoice(3), 1),
        ([ENGLISH, GERMAN], TrackChoice(language="de"), 2),
        ([ENGLISH, GERMAN], TrackChoice(language="fr"), 1),
        ([ENGLISH, GERMAN], TrackChoice(1, "de"), 1),
        ([ENGLISH, GERMAN], TrackChoice(3, "de"), 2),
        ([ENGLISH, COMMENTARY], TrackChoice(language="de"), 1),
        ([ENGLISH, COMMENTARY, GERMAN], TrackChoice(language="de"), 3),
        ([ENGLISH, COMMENTARY], TrackChoice(2), 2),
        ([{"title": "English 5.1"}, {"title": "Deutsch (Stereo)"}], TrackChoice(language="de"), 2),
        ([{"title": "stereo"}, {"title": "日本語 ステレオ"}], TrackChoice(language="ja"), 2),
        ([{"language": "eng"}, {"language": "tlh"}], TrackChoice(language="tlh"), 2),
        ([ENGLISH], TrackChoice(2, "de"), 1),
    ],
)
def test_the_track_that_is_asked_for(tmp_path, tracks, choice, heard):
    audio = probe(film(tmp_path / "film.mkv", *tracks), choice).audio
    assert (audio.track, audio.tracks) == (heard, len(tracks))
    assert (audio.language, audio.title) == tuple(tracks[heard - 1].get(key) for key in ("language", "title"))


@pytest.mark.parametrize("suffix", [".mkv", ".mp4", ".mov", ".ts"])
def test_tracks_are_numbered_as_players_do_in_every_format(tmp_path, suffix):
    path = write_tracks(tmp_path / f"film{suffix}", (beep(2), "default", ENGLISH), (SILENCE, "", GERMAN))
    info = probe(path, TrackChoice(2))
    assert (info.audio.track, info.audio.language, info.audio.title) == (2, "ger", None)
    for track, loudest in ((1, 0.5), (2, 0.0), (7, 0.5), (None, 0.5)):
        samples = np.concatenate(list(read_audio(path, track=track)))
        assert np.abs(samples).max() == pytest.approx(loudest, abs=0.1)
        [cut] = cut_audio(path, [Clip(path, 0.5, 1.5)], track=track)
        assert np.abs(cut).max() == pytest.approx(loudest, abs=0.1)


def test_a_track_that_is_silent_is_heard_if_its_number_is_named(tmp_path):
    path = write_tracks(tmp_path / "film.mkv", (beep(2), "default", GERMAN), (SILENCE, "", ENGLISH))
    assert probe(path, TrackChoice(language="en")).audio.track == 1
    assert probe(path, TrackChoice(2)).audio.track == 2


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("de", "de"),
        ("GER", "de"),
        ("deu", "de"),
        ("German", "de"),
        ("pt-BR", "pt"),
        ("français", "fr"),
        ("cmn", "zh"),
        ("tlh", "tlh"),
    ],
)
def test_languages_have_many_names(name, code):
    assert parse_language(name) == TrackChoice.of(None, name).language == code


@pytest.mark.parametrize("name", ["", "klingon", "d", "de:2", "\n", "../de"])
def test_an_unknown_language_is_refused(name):
    with pytest.raises(HearsightError, match=r"there is no language .*; give a code such as de"):
        TrackChoice.of(None, name)


@pytest.mark.parametrize("number", [-1, 1.0, True, 10**9, "2", float("nan")])
def test_an_impossible_number_of_a_track_is_refused(number):
    with pytest.raises(HearsightError, match=r"there is no sound track .*; they are counted from 1"):
        TrackChoice.of(number, None)


def test_zero_and_auto_choose_nothing():
    assert TrackChoice.of(0, "auto") == TrackChoice.of(None, None) == ANY_TRACK


def test_a_title_tells_the_language_only_where_no_tag_does():
    assert is_in_language("de", None, "Deutsch") and is_in_language("de", "de-AT", None)
    assert not is_in_language("de", "eng", "Deutsch")
    assert not is_in_language("no", None, "no sound") and not is_in_language("it", "und", "it is mono")
