"""Reading pictures at given times: their times, sizes, turns and colours."""

from fractions import Fraction

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.errors import HearsightError
from hearsight.media.audio import read_audio
from hearsight.media.frames import read_frames, scan_frames
from hearsight.media.probe import probe
from hearsight.types import Clip
from tests.media_files import beep, grey, level_of, make_media

GREYS = [grey(level) for level in range(20, 220, 10)]  # at 0.0, 0.1 ... 1.9 s


def levels(path, times):
    return {time: level_of(picture) for time, picture in read_frames(path, times)}


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv"])
@pytest.mark.parametrize("start", [0.0, 7.0])
def test_the_frame_on_screen_at_each_time(tmp_path, name, start):
    path = make_media(tmp_path / name, GREYS, start=start)
    assert levels(path, [0, 0.05, 0.1, 0.55, 1.0, 1.99]) == {0: 20, 0.05: 20, 0.1: 30, 0.55: 70, 1.0: 120, 1.99: 210}


def test_the_last_frame_stands(tmp_path):
    path = make_media(tmp_path / "a.mp4", GREYS)
    assert len({level_of(picture) for _, picture in read_frames(path, [1.9, 2.0, 5.0])}) == 1


def test_more_times_than_frames_and_no_times(tmp_path):
    path = make_media(tmp_path / "a.mp4", GREYS[:2])
    assert [level_of(picture) for _, picture in read_frames(path, [0, 0, 0.02, 0.1])] == [20, 20, 20, 30]
    assert list(read_frames(path, [])) == []


def test_variable_frame_rate(tmp_path):
    path = make_media(tmp_path / "a.mkv", GREYS[:4], times=[0, 0.1, 1.0, 3.0])
    assert levels(path, [0, 0.5, 0.999, 1, 2.9, 3]) == {0: 20, 0.5: 30, 0.999: 40, 1: 40, 2.9: 40, 3: 50}


@pytest.mark.parametrize("pix_fmt", ["yuv420p10le", "yuv422p", "yuv444p", "yuvj420p"])
def test_pixel_formats(tmp_path, pix_fmt):
    path = make_media(tmp_path / "a.mkv", GREYS, pix_fmt=pix_fmt)
    ((_, picture),) = read_frames(path, [1.0])
    assert (picture.dtype, picture.shape, level_of(picture)) == (np.uint8, (48, 64, 3), 120)


@pytest.mark.parametrize("rotation", [0, 90])
def test_large_pictures_are_made_smaller(tmp_path, rotation):
    picture_in_file = grey(20, 128, 96)
    picture_in_file[:48, :64] = 220
    path = make_media(tmp_path / "a.mp4", [picture_in_file] * 3, rotation=rotation)
    (full, small, same) = (next(read_frames(path, [0], side))[1] for side in (None, 24, 500))
    assert small.shape == ((24, 32, 3) if rotation == 0 else (32, 24, 3))
    assert np.array_equal(full, same)
    quarters = [
        picture.reshape(2, picture.shape[0] // 2, 2, picture.shape[1] // 2, 3).mean(axis=(1, 3, 4))
        for picture in (full, small)
    ]
    assert np.allclose(*quarters, atol=6)


def test_odd_sizes(tmp_path):
    path = make_media(tmp_path / "a.mkv", [grey(100, 63, 47)] * 3, pix_fmt="yuv444p")
    assert next(read_frames(path, [0]))[1].shape == (47, 63, 3)


@pytest.mark.parametrize(("rotation", "corner"), [(0, (0, 0)), (90, (1, 0)), (180, (1, 1)), (-90, (0, 1))])
def test_pictures_are_upright(tmp_path, rotation, corner):
    picture_in_file = grey(20)
    picture_in_file[:24, :32] = 220  # the bright quarter, at the top left as stored
    path = make_media(tmp_path / "a.mp4", [picture_in_file] * 3, rotation=rotation)
    ((_, picture),) = read_frames(path, [0])
    half_height, half_width = picture.shape[0] // 2, picture.shape[1] // 2
    quarters = picture.reshape(2, half_height, 2, half_width, 3).mean(axis=(1, 3, 4))
    assert np.unravel_index(quarters.argmax(), (2, 2)) == corner
    video = probe(path).video
    assert video is not None and (video.height, video.width) == picture.shape[:2]


def test_colours_are_right(tmp_path):
    path = make_media(tmp_path / "a.mp4", [np.full((48, 64, 3), colour, np.uint8) for colour in ((255, 0, 0),) * 3])
    ((_, picture),) = read_frames(path, [0])
    assert np.allclose(picture.mean(axis=(0, 1)), (255, 0, 0), atol=4)


def test_pixels_that_are_not_square(tmp_path):
    path = make_media(tmp_path / "a.mp4", GREYS, pixel_shape=Fraction(2, 1))
    assert next(read_frames(path, [0]))[1].shape == (48, 128, 3)


def test_pictures_and_sound_stay_in_step(tmp_path):
    """A flash and a beep at 1.5 s, in files whose clock starts elsewhere and whose sound starts late."""
    pictures = [grey(220 if i == 15 else 20) for i in range(30)]
    for name, start in [("a.mkv", 0.0), ("b.mkv", 5.0), ("c.ts", 5.0)]:
        codec = "mp2" if name.endswith(".ts") else "pcm_s16le"
        path = make_media(
            tmp_path / name, pictures, sounds=[beep(1, 0.7)], start=start, sound_start=0.8, sound_codec=codec
        )
        flash = next(time for time, level in levels(path, np.arange(0, 3, 0.1).round(1)).items() if level > 100)
        sound = np.concatenate(list(read_audio(path)))
        assert flash == 1.5
        assert np.argmax(np.abs(sound) > 0.2) / 16000 == pytest.approx(1.5, abs=0.05)


def test_a_time_before_the_first_frame_gets_that_frame(tmp_path):
    path = make_media(tmp_path / "a.mkv", GREYS, times=[i / 10 + 1 for i in range(20)], sounds=[beep(3)])
    assert levels(path, [0, 1, 2]) == {0: 20, 1: 20, 2: 120}


def test_only_the_frames_of_damaged_packets_are_lost(tmp_path):
    path = make_media(tmp_path / "a.mp4", GREYS * 3)
    damaged = bytearray(path.read_bytes())
    with av.open(path) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    for packet in packets[22:26]:
        damaged[packet.pos : packet.pos + packet.size] = bytes(packet.size)
    path.write_bytes(damaged)
    shown = levels(path, [0, 1, 2, 3, 4, 5])
    assert list(shown) == [0, 1, 2, 3, 4, 5]
    assert [shown[time] for time in (0, 1, 4, 5)] == [20, 120, 20, 120]


def test_the_frames_of_a_truncated_file_are_read(tmp_path):
    path = make_media(tmp_path / "a.mkv", GREYS * 10)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    pictures = [level_of(picture) for _, picture in read_frames(path, list(range(20)))]
    assert len(pictures) == 20 and len(set(pictures[8:])) <= 4 and 8 <= probe(path).duration <= 12


def test_a_sound_file_has_no_frames(tmp_path):
    assert list(read_frames(make_media(tmp_path / "a.wav", sounds=[beep(1)]), [0])) == []


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(HearsightError, match="no such file"):
        list(read_frames(tmp_path / "gone.mp4", [0]))


def test_scan_frames_yields_every_frame_reduced(tmp_path):
    scanned = list(scan_frames(make_media(tmp_path / "a.mp4", GREYS), height=12))
    assert [level_of(picture) for _, picture in scanned] == list(range(20, 220, 10))
    assert [time for time, _ in scanned] == pytest.approx([i / 10 for i in range(20)], abs=1e-3)
    assert scanned[0][1].shape == (12, 16, 3)


@given(st.floats(0, 10_000), st.floats(0.05, 500), st.integers(1, 32))
def test_frame_times_are_in_the_clip_and_rise(start, duration, count):
    times = Clip("a.mp4", start, start + duration).frame_times(count)
    assert 1 <= len(times) <= count
    assert times[0] == start
    assert times == sorted(set(times))
    assert times[-1] < start + max(duration, 1)


def test_frame_times_end_before_the_cut():
    """7.3 - 4.3 is a little more than 3; a fourth frame would show what comes after the cut."""
    assert len(Clip("a.mp4", 4.3, 7.3).frame_times(12)) == 3


def test_frame_times_as_published():
    assert Clip("a.mp4", 10.0, 13.0).frame_times(12) == [10.0, 11.0, 12.0]
    assert Clip("a.mp4", 0.0, 15.0).frame_times(12) == [0, 1, 2, 3, 5, 6, 7, 8, 10, 11, 12, 14]
