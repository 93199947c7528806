"""Which packets of a video have to be decoded for the few pictures that are wanted.

Two kinds need not be: those of pictures that no other one builds on (most B frames), and those between a wanted picture
and the key frame that the next wanted one builds on. The pictures that are wanted come out the same, to the last bit.
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

from hearsight.media.container import decoded, packets, set_threads

# Those whose packets are whole pictures, each with the time at which it is shown.
FORMATS = ("mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")
# Those whose decoders see, without decoding it, whether others build on a picture.
CODECS = ("h264", "hevc")
# No picture is stored further from its place in the order of showing (H.264 and H.265).
REORDERED = 16
MOST_WAITING = 300


@dataclass(frozen=True)
class Placed:
    """A packet. before: how many wanted times come before its picture. own: the numbers of those that it is shown at,
    or None where that cannot be told."""

    packet: Any
    before: int
    own: range | None

    @property
    def wanted(self) -> bool:
        return self.own is None or len(self.own) > 0


@dataclass(frozen=True)
class Step:
    """A packet to decode. wanted: whether for its own picture. afresh: whether some before it were left out."""

    packet: Any
    wanted: bool
    afresh: bool


def all_have_times(container: InputContainer) -> bool:
    """Whether `needed_frames` can do with less than all packets of a file."""
    return container.format.name in FORMATS


def needed_frames(container: InputContainer, stream: av.VideoStream, times: Sequence[float]) -> Iterator[Any]:
    """The frames on screen at these times (ascending, in seconds of the stream's own clock), and some of the others.

    The one after the last time is among them: it ends the one before.
    """
    set_threads(stream)
    context, drain = stream.codec_context, _empty_packet(stream)
    for step in steps(packets(container, stream), [time / float(stream.time_base) for time in times]):
        if step.afresh:
            yield from decoded(drain)
            context.flush_buffers()
        if context.name in CODECS:
            context.skip_frame = "DEFAULT" if step.wanted else "NONREF"
        yield from decoded(step.packet)
    yield from decoded(drain)


def _empty_packet(stream: av.VideoStream) -> av.Packet:
    """One for which a decoder gives out what it still holds."""
    packet = av.Packet()
    packet.stream, packet.time_base = stream, stream.time_base
    return packet


def steps(packets: Iterable[Any], times: Sequence[float]) -> Iterator[Step]:
    """The packets to decode, in order. times: ascending, in ticks of the packets' own clock."""
    waiting: list[Placed] = []
    served: set[int] = set()
    afresh = False
    for placed in _placed((packet for packet in packets if packet.size), times):
        # Pictures that are stored after a key frame may be shown before it: none such must be wanted any more.
        if placed.packet.is_keyframe and waiting and len(served) == placed.before:
            waiting, afresh = [], True
        waiting.append(placed)
        served.update(placed.own or ())
        if placed.wanted or len(waiting) == MOST_WAITING:
            for each in waiting:
                yield Step(each.packet, each.wanted, afresh)
                afresh = False
            waiting = []
        if len(served) > len(times):
            return


def _placed(packets: Iterable[Any], times: Sequence[float]) -> Iterator[Placed]:
    """Each packet with its place among the times, which its neighbours in the order of showing tell."""
    window: deque[tuple[int | None, Any]] = deque(maxlen=2 * REORDERED + 1)
    numbered = ((packet.pts, packet) for packet in packets)
    for ahead in chain(numbered, repeat((None, None), REORDERED)):
        window.append(ahead)
        if len(window) <= REORDERED:
            continue
        pts, packet = window[-1 - REORDERED]
        if packet is None:
            continue
        if pts is None:
            yield Placed(packet, -1, None)
            continue
        shown = [other for other, _ in window if other is not None]
        previous = max((other for other in shown if other < pts), default=None)
        following = min((other for other in shown if other > pts), default=None)
        before = bisect_left(times, pts)
        first = 0 if previous is None else before
        last = len(times) if following is None else bisect_left(times, following)
        if previous is not None and bisect_left(times, previous) < before == len(times):
            last = before + 1  # the one after the last time, which ends it
        yield Placed(packet, before, range(first, last))
