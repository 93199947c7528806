"""Copy a part of a media file without decoding it.

Pictures build on a key frame, so a copy begins at the last key frame before the start.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.stream import Stream

from hearsight.media.container import audio_stream, open_media, packets, start_time, video_stream
from hearsight.media.output_file import OutputFile

SLACK = 5.0  # seconds that the streams of a file may be apart


def copy_packets(source: Path, start: float, end: float, output: OutputFile) -> None:
    """Copy the packets of the pictures and the sound that a player would choose, from start to end, in seconds."""
    with open_media(source) as container:
        streams = [stream for stream in (video_stream(container), audio_stream(container)) if stream is not None]
        first, last = (start_time(container) + time for time in (start, end))
        for stream in streams:
            if stream.type == "video":
                first = _key_frame_before(source, stream.index, first)
        with output.errors():
            copies = {stream.index: output.container.add_stream_from_template(stream) for stream in streams}
        for packet in _packets_between(container, streams, first, last):
            shift = round(first / packet.time_base)
            packet.stream = copies[packet.stream.index]
            packet.pts = None if packet.pts is None else packet.pts - shift
            packet.dts = None if packet.dts is None else packet.dts - shift
            output.mux([packet])


def _key_frame_before(source: Path, index: int, time: float) -> float:
    """Return when the last key frame before a time is shown, in the file's own time; the time itself for none."""
    with open_media(source) as container:
        seek(container, time)
        for packet in packets(container, container.streams[index]):
            if packet.is_keyframe and packet.pts is not None:
                return float(packet.pts * packet.time_base)
    return time


def _packets_between(container: InputContainer, streams: list[Stream], first: float, last: float) -> Iterator[Any]:
    """Yield the packets of streams that are shown from a time on and stored before another, in the file's own time.

    A picture that is shown before the end may build on one that is shown after it, and is stored after that.
    """
    seek(container, first)
    begun = {stream.index for stream in streams if stream.type != "video"}
    finished: set[int] = set()
    for packet in packets(container, *streams):
        index, shown = packet.stream.index, packet.pts
        decoded = shown if packet.dts is None else packet.dts
        if shown is None or index in finished:
            continue
        if decoded * packet.time_base >= last:
            finished.add(index)
            if len(finished) == len(streams) or decoded * packet.time_base >= last + SLACK:
                return
        elif (index in begun or packet.is_keyframe) and (shown + 1) * packet.time_base >= first:
            begun.add(index)
            yield packet


def seek(container: InputContainer, time: float) -> None:
    """Go to the last key frame before a time, in the file's own; to the start of a file that cannot be searched."""
    try:
        container.seek(int(time * av.time_base))
    except av.FFmpegError:
        container.seek(0)
