"""Find the key frame that a part of a video builds on, and go there.

Where a seek ends depends on the format: in a broadcast at any picture, in a file without an index far too early, or
nowhere. So the packets themselves tell which key frame is the right one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.stream import Stream

from hearsight.media.container import open_media, packets

STEPS_BACK = (0.0, 2.0, 15.0)  # seconds; most broadcasts have key frames every second or two
FAR = 5.0  # seconds; no picture is shown so much later than the next one that is stored


@dataclass(frozen=True)
class KeyFrame:
    """When a key frame is shown, and what to seek to meet it, in seconds of the file's own time."""

    shown: float
    seek_time: float


def key_frame_before(source: Path, index: int, time: float) -> KeyFrame:
    """Return the last key frame of a stream that is shown at a time or before it, or else one at the time itself.

    time: in seconds of the file's own time. Raises HearsightError if the file cannot be read.
    """
    for seek_time in (*(time - step for step in STEPS_BACK), 0.0):
        latest = None
        with open_media(source) as container:
            seek(container, seek_time)
            for packet in timed_packets(container, container.streams[index]):
                if seconds_stored(packet) > time:
                    break
                shown = float(packet.pts * packet.time_base)
                if packet.is_keyframe and shown <= time:
                    latest = KeyFrame(shown, seek_time)
        if latest is not None:
            return latest
    return KeyFrame(time, time)


def seek(container: InputContainer, time: float) -> None:
    """Go to a time of the file's own, or to somewhere before it; a file that cannot be searched stays at its start."""
    try:
        container.seek(int(time * av.time_base))
    except av.FFmpegError:
        return


def timed_packets(container: InputContainer, stream: Stream) -> Iterator[Any]:
    """Yield the packets of a stream that have a time, in the order of storing.

    A time that the packets around contradict is estimated: one damaged timestamp must not end a search or a copy, and a
    packet that pictures build on must not be left out.
    """
    previous = None
    timed = (packet for packet in packets(container, stream) if packet.pts is not None)
    for packet, following in pairwise(chain(timed, [None])):
        if _is_contradicted(packet, previous, following):
            length = max(packet.duration or 0, 1)
            packet.pts = packet.dts = following.dts - length if previous is None else previous + length
        previous = packet.dts
        yield packet


def _is_contradicted(packet: Any, previous: int | None, following: Any) -> bool:
    """Return whether the packets around contradict a packet's time. previous: when the one before is stored."""
    if packet.dts is None:
        return False
    if previous is not None and packet.dts < previous:
        return True
    if following is None or following.dts is None:
        return False
    is_ahead = packet.dts > following.dts and (previous is None or following.dts >= previous)
    return is_ahead or (packet.pts - following.pts) * packet.time_base > FAR


def seconds_stored(packet: Any) -> float:
    """Return a packet's place in the order of storing, in seconds of the file's own time."""
    return float((packet.pts if packet.dts is None else packet.dts) * packet.time_base)
