"""Hits are cut out of their files, under names that every system can store."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.errors import HearsightError
from hearsight.library.cut_lists import save_clips
from hearsight.library.cut_lists.clips import FORBIDDEN, clip_name
from hearsight.media.audio import cut_audio
from hearsight.media.probe import probe
from hearsight.types import Clip
from tests.library.cut_lists.test_formats import ODD_NAMES, result
from tests.media_files import beep, grey, make_media, write_tracks
from tests.picture_files import write_picture


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_each_hit_is_a_file(tmp_path):
    film = make_media(tmp_path / "sea side.mkv", [grey(90)] * 60, sounds=[beep(6)])
    sound = make_media(tmp_path / "bell.wav", sounds=[beep(6)])
    hits = result((film, 2.0, 4.0), (sound, 65.0, 70.0), (sound, 1.0, 3.0))
    (_, first), (_, error), (_, last) = save_clips(hits, tmp_path / "new" / "clips")
    assert names(tmp_path / "new" / "clips") == ["01-sea side-0m02s.mkv", "03-bell-0m01s.wav"]
    assert probe(first).video and probe(last).duration == pytest.approx(2, abs=0.1)
    assert isinstance(error, HearsightError) and "no picture and no sound from 65 s to 70 s" in str(error)


def test_clips_are_saved_whether_or_not_one_looks_at_the_outcomes(tmp_path):
    sound = make_media(tmp_path / "bell.wav", sounds=[beep(6)])
    save_clips(result((sound, 1.0, 3.0)), tmp_path / "clips")
    assert names(tmp_path / "clips") == ["01-bell-0m01s.wav"]


def test_existing_files_stay(tmp_path):
    sound = make_media(tmp_path / "bell.wav", sounds=[beep(6)])
    (tmp_path / "01-bell-0m01s.wav").write_text("mine")
    [(_, error)] = save_clips(result((sound, 1.0, 3.0)), tmp_path)
    assert "it exists" in str(error) and (tmp_path / "01-bell-0m01s.wav").read_text() == "mine"
    [(_, path)] = save_clips(result((sound, 1.0, 3.0)), str(tmp_path), overwrite=True)
    assert probe(path).audio


def test_missing_and_damaged_files_do_not_stop_the_others(tmp_path):
    sound = make_media(tmp_path / "bell.wav", sounds=[beep(6)])
    (tmp_path / "bad.mp4").write_text("no film")
    hits = result((tmp_path / "gone.mp4", 0, 1), (tmp_path / "bad.mp4", 0, 1), (sound, 0, 1))
    outcomes = [outcome for _, outcome in save_clips(hits, tmp_path / "clips", exact=True)]
    assert [isinstance(outcome, Path) for outcome in outcomes] == [False, False, True]
    assert names(tmp_path / "clips") == ["03-bell-0m00s.m4a"]


def test_a_file_in_place_of_the_folder_is_an_error(tmp_path):
    (tmp_path / "clips").write_text("a file")
    with pytest.raises(HearsightError, match=r"cannot make the folder .*clips: .*; get permission there"):
        save_clips(result(), tmp_path / "clips")


@given(st.one_of(st.text(min_size=1), st.sampled_from(ODD_NAMES)), st.floats(0, 400_000))
def test_names_are_safe(name, start):
    [hit] = result((Path("/films") / (name.replace("/", "") + ".mp4"), start, start + 1)).hits
    text = clip_name(hit)
    assert text.isprintable() and not set(FORBIDDEN) & set(text) and text.strip(" .") == text
    assert len(text.encode()) < 150


def test_names_tell_the_time(tmp_path):
    hits = result((tmp_path / "a.mp4", 75.9, 80), (tmp_path / "..mp4", 3675, 3680)).hits
    assert [clip_name(hit) for hit in hits] == ["a-1m15s", "clip-1h01m15s"]


def test_pictures_are_copied(tmp_path):
    photo = write_picture(tmp_path / "beach.JPG")
    hits = result((photo, 0.0, 0.0), (tmp_path / "gone.png", 0.0, 0.0))
    (_, copy), (_, error) = save_clips(hits, tmp_path / "clips")
    assert names(tmp_path / "clips") == ["01-beach.jpg"]
    assert copy.read_bytes() == photo.read_bytes()
    assert isinstance(error, HearsightError) and "no such file" in str(error)
    (_, error), _ = save_clips(hits, tmp_path / "clips")
    assert "it exists" in str(error)
    save_clips(hits, tmp_path / "clips", overwrite=True)


@pytest.mark.parametrize("exact", [False, True])
def test_the_sound_of_a_clip_is_the_track_that_was_searched(tmp_path, exact):
    english, german = (beep(6), "default", {"language": "eng"}), (0.1 * beep(6), "", {"language": "ger"})
    hits = result((write_tracks(tmp_path / "two.mkv", english, german), 1.0, 3.0))
    hits = replace(hits, hits=[replace(hits.hits[0], audio_track=2)])
    [(_, path)] = save_clips(hits, tmp_path / "clips", exact)
    [sound] = cut_audio(path, [Clip(path, 0.0, 2.0)], 16_000)
    assert abs(sound).max() == pytest.approx(0.05, rel=0.2)
