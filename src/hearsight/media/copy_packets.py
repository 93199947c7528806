"""Copy a part of a media file without decoding it.

Pictures build on a key frame, so a copy begins at the last key frame before the start.
"""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from pathlib import Path
from typing import Any

from hearsight.media.audio_track import audio_stream
from hearsight.media.container import open_media, start_time, video_stream
from hearsight.media.key_frame import KeyFrame, key_frame_before, seconds_stored, seek, timed_packets
from hearsight.media.output_file import OutputFile
from hearsight.media.track_choice import ANY_TRACK, TrackChoice


def copy_packets(source: Path, start: float, end: float, output: OutputFile, choice: TrackChoice = ANY_TRACK) -> None:
    """Copy the packets of the pictures that a player would choose, and of the sound, from start to end, in seconds.

    choice: which sound track is wanted.
    """
    with open_media(source) as container:
        chosen = (video_stream(container), audio_stream(container, source, choice))
        streams = [stream for stream in chosen if stream is not None]
        first, last = (start_time(container) + time for time in (start, end))
        begin = KeyFrame(first, first)
        for stream in streams:
            if stream.type == "video":
                begin = key_frame_before(source, stream.index, first)
        with output.errors():
            copies = {stream.index: output.container.add_stream_from_template(stream) for stream in streams}
    parts = [_packets_between(source, index, begin, last) for index in copies]
    for packet in merge(*parts, key=seconds_stored):
        shift = round(begin.shown / packet.time_base)
        packet.stream = copies[packet.stream.index]
        packet.pts -= shift
        packet.dts = None if packet.dts is None else packet.dts - shift
        output.mux([packet])


def _packets_between(source: Path, index: int, begin: KeyFrame, last: float) -> Iterator[Any]:
    """Yield the packets of a stream that are shown from a key frame on and stored before a time, in the file's own.

    A picture that is shown before the end may build on one that is shown after it, and is stored after that.
    """
    with open_media(source) as container:
        stream = container.streams[index]
        begun = stream.type != "video"
        seek(container, begin.seek_time)
        for packet in timed_packets(container, stream):
            if seconds_stored(packet) >= last:
                return
            if (begun or packet.is_keyframe) and (packet.pts + 1) * packet.time_base >= begin.shown:
                begun = True
                yield packet
