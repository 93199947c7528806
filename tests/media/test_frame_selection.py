"""Less is decoded, and the pictures that are wanted are the same."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.media import frame_selection as needed
from hearsight.media import read_frames
from tests.media_files import make_media

# What x264 may be asked for: B frames that others build on, pictures shown before the key frame they are stored after.
CODINGS = {
    "no B frames": {"bf": "0", "g": "12"},
    "B frames": {"bf": "3", "g": "25", "x264-params": "b-adapt=0:b-pyramid=none:scenecut=0"},
    "a pyramid": {"bf": "7", "g": "25", "x264-params": "b-adapt=0:b-pyramid=normal:scenecut=0"},
    "open": {"bf": "3", "g": "15", "x264-params": "b-adapt=0:open-gop=1:scenecut=0"},
    "one key frame": {"bf": "3", "g": "1000", "x264-params": "b-adapt=0:scenecut=0"},
}


@dataclass
class Packet:
    """As FFmpeg tells of one."""

    pts: int | None
    is_keyframe: bool = False
    size: int = 1


def film(path, coding, start=0.0, width=64, height=48):
    """Ten seconds of pictures that are all different."""
    random = np.random.default_rng(0)
    painting = random.integers(0, 255, (120, 200, 3), np.uint8).repeat(4, axis=0).repeat(4, axis=1)
    pictures = [np.ascontiguousarray(painting[n : n + height, 3 * n : 3 * n + width]) for n in range(100)]
    return make_media(path, pictures, start=start, coding=coding)


@pytest.mark.parametrize("coding", CODINGS.values(), ids=CODINGS)
@pytest.mark.parametrize(("name", "start"), [("a.mp4", 0.0), ("a.mkv", 3.0)])
@pytest.mark.parametrize("times", [range(10), [0.0, 0.05, 6.42], [3.3, 3.4, 3.5, 9.9, 12], [1.49, 1.5, 7.0]])
def test_the_pictures_are_the_same(tmp_path, monkeypatch, coding, name, start, times):
    assert_same_pictures(film(tmp_path / name, coding, start), times, monkeypatch)


@pytest.mark.parametrize("coding", ["a pyramid", "open"])
def test_the_same_from_several_threads(tmp_path, monkeypatch, coding):
    path = film(tmp_path / "a.mp4", CODINGS[coding], width=400, height=320)
    assert_same_pictures(path, [0.5, 1.5, 3.3, 3.4, 6.42, 9.0], monkeypatch)


def assert_same_pictures(path, times, monkeypatch):
    found = list(read_frames(path, times))
    monkeypatch.setattr(needed, "FORMATS", ())
    everything = list(read_frames(path, times))
    assert [time for time, _ in found] == [time for time, _ in everything]
    for (_, picture), (_, other) in zip(found, everything, strict=True):
        assert np.array_equal(picture, other)
    assert len(found) == len([time for time in times if time < 10])


def test_less_is_decoded(tmp_path, monkeypatch):
    decoded = []
    monkeypatch.setattr(needed, "decoded", lambda packet: decoded.append(packet) or packet.decode())
    path = film(tmp_path / "a.mp4", CODINGS["no B frames"])
    assert len(list(read_frames(path, [0.0, 6.1]))) == 2
    packets = [round(float(packet.pts * packet.time_base), 1) for packet in decoded if packet.size]
    assert packets == [0.0, 6.0, 6.1, 6.2]


def kept(packets, times):
    return [(step.packet.pts, step.wanted) for step in needed.steps(packets, times)]


def test_what_lies_before_a_key_frame_is_left_out():
    packets = [Packet(pts, pts % 10 == 0) for pts in range(100)]
    wanted = [(0, True), (50, False), (51, False), (52, True), (53, True)]
    assert kept(packets, [0, 52.5]) == wanted
    assert [step.afresh for step in needed.steps(packets, [0, 52.5])] == [False, True, False, False, False]


def test_a_picture_stored_after_a_key_frame_and_shown_before_it():
    stored = [0, 4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11, 16, 14, 13, 15]  # 12 is a key frame
    packets = [Packet(pts, pts in (0, 12)) for pts in stored]
    assert [pts for pts, _ in kept(packets, [11])] == [0, 4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11]
    assert [pts for pts, _ in kept(packets, [13])] == [12, 10, 9, 11, 16, 14, 13]


def test_packets_without_a_time_are_all_decoded():
    packets = [Packet(None, n % 10 == 0) for n in range(50)]
    assert kept(packets, [0, 40]) == [(None, True)] * 50


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=80),
    st.lists(st.floats(-3, 400), max_size=6),
    st.sets(st.integers(0, 80)),
    st.randoms(use_true_random=False),
)
def test_what_is_wanted_is_decoded(gaps, times, keys, random):
    """Whatever the order of storing: the picture on screen at each time, and all since the key frame before it."""
    shown = np.cumsum(gaps).tolist()
    stored = [shown[0]]
    for start in range(1, len(shown), 5):
        some = shown[start : start + 5]
        stored += [some[-1], *random.sample(some[:-1], len(some) - 1)]
    packets = [Packet(pts, n in keys or n == 0) for n, pts in enumerate(stored)]
    times = sorted(times)
    chosen = dict(kept(packets, times))
    for time in times:
        on_screen = max((pts for pts in shown if pts <= time), default=shown[0])
        assert chosen[on_screen]
        place = stored.index(on_screen)
        begun = max(n for n in range(place + 1) if packets[n].is_keyframe and packets[n].pts <= on_screen)
        assert set(stored[begun : place + 1]) <= set(chosen)
