"""Select the packets of a video that have to be decoded for a few pictures.

Two kinds of packets can be left out: those of pictures that no other picture builds on (most B frames), and those
between one selected picture and the key frame that the next one builds on. The selected pictures stay the same to the
bit.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Any

import av
from av.container import InputContainer

from hearsight.media.container import decode, packets, set_threads

# Formats in which each packet is a whole picture, with the time at which it is shown.
FORMATS = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")
# Codecs that tell, without decoding a picture, whether others build on it.
CODECS = ("h264", "hevc")
# No picture is stored further from its position in the order of showing (H.264 and H.265).
REORDERED = 16
MOST_WAITING = 300


@dataclass(frozen=True)
class TimedPacket:
    """A packet and the times at which its picture is on screen.

    times_before: how many times are before its picture. shown_at: the indices of the times at which it is on screen;
    None if the file does not tell.
    """

    packet: Any
    times_before: int
    shown_at: range | None

    @property
    def is_selected(self) -> bool:
        return self.shown_at is None or len(self.shown_at) > 0


@dataclass(frozen=True)
class SelectedPacket:
    """A packet to decode.

    is_shown: its own picture is needed, and not only for others to build on. after_gap: packets before it are left out.
    """

    packet: Any
    is_shown: bool
    after_gap: bool


def can_select(container: InputContainer) -> bool:
    """Return whether `selected_frames` can leave out packets of a file."""
    return container.format.name in FORMATS


def selected_frames(container: InputContainer, stream: av.VideoStream, times: Sequence[float]) -> Iterator[Any]:
    """Yield the frames on screen at these times, and some of the others.

    times: ascending, in seconds of the stream's own clock. The frame after the last time is included: it ends the one
    before.
    """
    set_threads(stream)
    context, drain = stream.codec_context, _empty_packet(stream)
    for selected in select_packets(packets(container, stream), [time / float(stream.time_base) for time in times]):
        if selected.after_gap:
            yield from decode(drain)
            context.flush_buffers()
        if context.name in CODECS:
            context.skip_frame = "DEFAULT" if selected.is_shown else "NONREF"
        yield from decode(selected.packet)
    yield from decode(drain)


def _empty_packet(stream: av.VideoStream) -> av.Packet:
    """Return a packet that makes a decoder give out the frames that it still holds."""
    packet = av.Packet()
    packet.stream, packet.time_base = stream, stream.time_base
    return packet


def select_packets(packets: Iterable[Any], times: Sequence[float]) -> Iterator[SelectedPacket]:
    """Yield the packets to decode, in order. times: ascending, in ticks of the packets' own clock."""
    waiting: list[TimedPacket] = []
    covered: set[int] = set()
    after_gap = False
    for timed in _with_times((packet for packet in packets if packet.size), times):
        # Pictures that are stored after a key frame may be shown before it: all times before it must be covered.
        if timed.packet.is_keyframe and waiting and len(covered) == timed.times_before:
            waiting, after_gap = [], True
        waiting.append(timed)
        covered.update(timed.shown_at or ())
        if timed.is_selected or len(waiting) == MOST_WAITING:
            for each in waiting:
                yield SelectedPacket(each.packet, each.is_selected, after_gap)
                after_gap = False
            waiting = []
        if len(covered) > len(times):
            return


def _with_times(packets: Iterable[Any], times: Sequence[float]) -> Iterator[TimedPacket]:
    """Yield each packet with the times at which it is on screen, which its neighbours in the order of showing tell."""
    window: deque[tuple[int | None, Any]] = deque(maxlen=2 * REORDERED + 1)
    numbered = ((packet.pts, packet) for packet in packets)
    for newest in chain(numbered, repeat((None, None), REORDERED)):
        window.append(newest)
        if len(window) <= REORDERED:
            continue
        pts, packet = window[-1 - REORDERED]
        if packet is None:
            continue
        if pts is None:
            yield TimedPacket(packet, -1, None)
            continue
        neighbours = [neighbour for neighbour, _ in window if neighbour is not None]
        previous = max((neighbour for neighbour in neighbours if neighbour < pts), default=None)
        following = min((neighbour for neighbour in neighbours if neighbour > pts), default=None)
        before = bisect_left(times, pts)
        first = 0 if previous is None else before
        last = len(times) if following is None else bisect_left(times, following)
        if previous is not None and bisect_left(times, previous) < before == len(times):
            last = before + 1  # the frame after the last time, which ends the one before
        yield TimedPacket(packet, before, range(first, last))
