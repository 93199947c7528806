"""Selecting packets: fewer are decoded, and the pictures stay the same."""

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.media import packet_selection
from hearsight.media.frames import read_frames
from hearsight.media.packet_selection import select_packets
from tests.media_files import make_media

# Options of x264: B frames that others build on, pictures shown before the key frame that they are stored after.
CODINGS = {
    "no B frames": {"bf": "0", "g": "12"},
    "B frames": {"bf": "3", "g": "25", "x264-params": "b-adapt=0:b-pyramid=none:scenecut=0"},
    "a pyramid": {"bf": "7", "g": "25", "x264-params": "b-adapt=0:b-pyramid=normal:scenecut=0"},
    "open": {"bf": "3", "g": "15", "x264-params": "b-adapt=0:open-gop=1:scenecut=0"},
    "one key frame": {"bf": "3", "g": "1000", "x264-params": "b-adapt=0:scenecut=0"},
}


@dataclass
class Packet:
    """The attributes of a packet of PyAV that selection reads."""

    pts: int | None
    is_keyframe: bool = False
    size: int = 1


def film(path, coding, start=0.0, width=64, height=48):
    """Write ten seconds of pictures that are all different."""
    random = np.random.default_rng(0)
    painting = random.integers(0, 255, (120, 200, 3), np.uint8).repeat(4, axis=0).repeat(4, axis=1)
    pictures = [np.ascontiguousarray(painting[n : n + height, 3 * n : 3 * n + width]) for n in range(100)]
    return make_media(path, pictures, start=start, coding=coding)


@pytest.mark.parametrize("coding", CODINGS.values(), ids=CODINGS)
@pytest.mark.parametrize(("name", "start"), [("a.mp4", 0.0), ("a.mkv", 3.0)])
@pytest.mark.parametrize("times", [range(10), [0.0, 0.05, 6.42], [3.3, 3.4, 3.5, 9.9, 12], [1.49, 1.5, 7.0]])
def test_selected_pictures_are_those_of_a_full_decode(tmp_path, monkeypatch, coding, name, start, times):
    assert_same_pictures(film(tmp_path / name, coding, start), times, monkeypatch)


@pytest.mark.parametrize("coding", ["a pyramid", "open"])
def test_several_threads_decode_the_same_pictures(tmp_path, monkeypatch, coding):
    path = film(tmp_path / "a.mp4", CODINGS[coding], width=400, height=320)
    assert_same_pictures(path, [0.5, 1.5, 3.3, 3.4, 6.42, 9.0], monkeypatch)


def assert_same_pictures(path, times, monkeypatch):
    selected = list(read_frames(path, times))
    monkeypatch.setattr(packet_selection, "FORMATS", ())
    everything = list(read_frames(path, times))
    assert [time for time, _ in selected] == [time for time, _ in everything]
    for (_, picture), (_, expected) in zip(selected, everything, strict=True):
        assert np.array_equal(picture, expected)
    assert len(selected) == len(times)


def test_packets_that_are_not_needed_are_not_decoded(tmp_path, monkeypatch):
    decoded = []
    monkeypatch.setattr(packet_selection, "decode", lambda packet: decoded.append(packet) or packet.decode())
    path = film(tmp_path / "a.mp4", CODINGS["no B frames"])
    assert len(list(read_frames(path, [0.0, 6.1]))) == 2
    packets = [round(float(packet.pts * packet.time_base), 1) for packet in decoded if packet.size]
    assert packets == [0.0, 6.0, 6.1, 6.2]


def selection(packets, times):
    return [(selected.packet.pts, selected.is_shown) for selected in select_packets(packets, times)]


def test_packets_before_a_key_frame_are_left_out():
    packets = [Packet(pts, pts % 10 == 0) for pts in range(100)]
    expected = [(0, True), (50, False), (51, False), (52, True), (53, True)]
    assert selection(packets, [0, 52.5]) == expected
    assert [selected.after_gap for selected in select_packets(packets, [0, 52.5])] == [False, True, False, False, False]


def test_a_picture_stored_after_a_key_frame_and_shown_before_it_is_selected():
    pts_in_file = [0, 4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11, 16, 14, 13, 15]  # 12 is a key frame
    packets = [Packet(pts, pts in (0, 12)) for pts in pts_in_file]
    assert [pts for pts, _ in selection(packets, [11])] == [0, 4, 2, 1, 3, 8, 6, 5, 7, 12, 10, 9, 11]
    assert [pts for pts, _ in selection(packets, [13])] == [12, 10, 9, 11, 16, 14, 13]


def test_packets_without_a_time_are_all_decoded():
    packets = [Packet(None, n % 10 == 0) for n in range(50)]
    assert selection(packets, [0, 40]) == [(None, True)] * 50


@given(
    st.lists(st.integers(1, 5), min_size=1, max_size=80),
    st.lists(st.floats(-3, 400), max_size=6),
    st.sets(st.integers(0, 80)),
    st.randoms(use_true_random=False),
)
def test_pictures_on_screen_and_all_that_they_build_on_are_selected(gaps, times, keys, random):
    """In any order of storing: the picture on screen at each time, and all since the key frame before it."""
    shown = np.cumsum(gaps).tolist()
    pts_in_file = [shown[0]]
    for start in range(1, len(shown), 5):
        some = shown[start : start + 5]
        pts_in_file += [some[-1], *random.sample(some[:-1], len(some) - 1)]
    packets = [Packet(pts, n in keys or n == 0) for n, pts in enumerate(pts_in_file)]
    times = sorted(times)
    chosen = dict(selection(packets, times))
    for time in times:
        on_screen = max((pts for pts in shown if pts <= time), default=shown[0])
        assert chosen[on_screen]
        position = pts_in_file.index(on_screen)
        key_frame = max(n for n in range(position + 1) if packets[n].is_keyframe and packets[n].pts <= on_screen)
        assert set(pts_in_file[key_frame : position + 1]) <= set(chosen)
