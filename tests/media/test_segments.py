"""Cutting files into windows, shots or whole files."""

import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.errors import HearsightError
from hearsight.media.probe import MediaInfo, VideoStream, probe
from hearsight.media.segments import cut
from hearsight.types import Clip
from tests.media_files import beep, make_media

PATH = Path("a.mp4")


def info_of(duration: float) -> MediaInfo:
    return MediaInfo(PATH, duration, VideoStream(0, "h264", 64, 48, 10.0), None, ())


@given(duration=st.floats(0.01, 20_000), part=st.floats(0.005, 2))
def test_windows_cover_the_file_without_gap_or_overlap(duration, part):
    seconds = duration * part
    clips = cut(info_of(duration), seconds=seconds)
    assert clips[0].start == 0 and clips[-1].end == duration
    assert all(one.end == next_one.start for one, next_one in pairwise(clips))
    assert np.allclose([clip.duration for clip in clips[:-1]], seconds)
    assert clips[-1].duration < seconds * 4 / 3 * (1 + 1e-6)
    if len(clips) > 1:
        assert clips[-1].duration > seconds / 3 * (1 - 1e-6)


@pytest.mark.parametrize(
    ("duration", "bounds"),
    [
        (45, [0, 15, 30, 45]),
        (49, [0, 15, 30, 49]),
        (50, [0, 15, 30, 45, 50]),
        (4, [0, 4]),
        (16, [0, 16]),
        (0.02, [0, 0.02]),
    ],
)
def test_a_short_rest_joins_the_window_before(duration, bounds):
    assert cut(info_of(duration)) == [Clip(PATH, start, end) for start, end in pairwise(bounds)]


def test_one_clip_a_file():
    assert cut(info_of(7200), by="file") == [Clip(PATH, 0, 7200)]


def test_wrong_arguments_are_refused():
    for seconds in (0.0, -1.0, float("nan")):
        with pytest.raises(HearsightError, match="above 0"):
            cut(info_of(10), seconds=seconds)
    with pytest.raises(HearsightError, match="window, shots or file"):
        cut(info_of(10), by="scenes")


@pytest.fixture
def three_shots(tmp_path):
    """Twelve seconds: a moving pattern in red, in green from 3 s, in blue from 5 s."""
    x, y = np.meshgrid(np.arange(64), np.arange(48))
    pictures = []
    for i in range(120):
        picture = np.zeros((48, 64, 3), np.uint8)
        picture[:, :, 0 if i < 30 else 1 if i < 50 else 2] = 150 + 60 * np.sin((x + y + i) / 5)
        pictures.append(picture)
    return probe(make_media(tmp_path / "a.mkv", pictures, start=2.0))


def test_long_shots_are_cut_in_windows(three_shots):
    pytest.importorskip("scenedetect", reason="PySceneDetect (the extra [shots]) is not installed")
    bounds = [0, 3, 5, 12]
    clips = cut(three_shots, by="shots")
    assert [clip.start for clip in clips] == pytest.approx(bounds[:-1], abs=0.01)
    assert clips[-1].end == three_shots.duration
    clips = cut(three_shots, by="shots", seconds=3.5)
    assert [clip.start for clip in clips] == pytest.approx([0, 3, 5, 8.5], abs=0.01)


def test_cutting_by_shots_without_the_extra_tells_how_to_install_it(three_shots, monkeypatch):
    monkeypatch.setitem(sys.modules, "scenedetect", None)
    with pytest.raises(HearsightError, match=r"pip install 'hearsight\[shots\]'"):
        cut(three_shots, by="shots")


def test_a_sound_file_is_cut_in_windows_instead_of_shots(tmp_path):
    info = probe(make_media(tmp_path / "a.wav", sounds=[beep(20)]))
    assert [clip.start for clip in cut(info, by="shots", seconds=5)] == [0, 5, 10, 15]
