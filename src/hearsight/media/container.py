"""Open media files, choose their streams and unpack them: the parts that all readers in this folder share.

PyAV is used alone: its wheel brings FFmpeg's libraries, so that no program has to be installed apart from Python, and
packets are handled one by one, so that a broken one is skipped and not fatal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.stream import Discard, Disposition, Stream
from av.subtitles.stream import SubtitleStream

from hearsight.media.file_checks import MOST_PIXELS, check_regular, read_error
from hearsight.media.languages import language_code
from hearsight.util.object_store import ObjectPath

NOT_FILMED = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
# Formats that hold the media themselves. Playlists and scripts (HLS, ffconcat, DASH, SDP ...), which name other files
# to open, are not among them: a stranger's file must not make us read another file.
FORMATS = (
    "aac,ac3,aiff,amr,amrnb,amrwb,amv,ape,asf,au,avi,caf,dsf,dts,dtshd,dv,eac3,flac,flv,gxf,h264,hevc,iff,ivf,m4v,"
    "matroska,mjpeg,mlp,mov,mp3,mpc,mpc8,mpeg,mpegts,mpegvideo,mxf,nut,obu,ogg,oma,qcp,rm,shn,tak,truehd,tta,vc1,voc,"
    "w64,wav,wtv,wv,yuv4mpegpipe"
)
MOST_ERRORS = 1000
DAMAGE = (av.InvalidDataError, av.ArgumentError)  # the latter for a format that is not in FORMATS
READ_BYTES = 1 << 20
SMALL = 352 * 288  # pixels of a picture that one thread decodes sooner than several


@contextmanager
def open_media(path: Path) -> Iterator[InputContainer]:
    """Open a file for reading.

    Raises HearsightError if it cannot be opened, or stops being readable while it is in use.
    """
    try:
        check_regular(path)
        options = {"protocol_whitelist": "file", "format_whitelist": FORMATS, "max_pixels": str(MOST_PIXELS)}
        with _as_source(path) as source, av.open(source, options=options, metadata_errors="replace") as container:
            yield container
    except ConnectionError as error:
        raise read_error(path, f"{error.strerror}; check the store, and run this again") from error
    except av.FFmpegError as error:
        if isinstance(error, DAMAGE) or _can_read_all(path):
            raise read_error(path, "damaged, or not a video or sound file; replace or remove it") from None
        if isinstance(error, PermissionError):
            raise read_error(path, "no permission to read it; change its permissions") from error
        raise read_error(path, f"{error.strerror}; check the disk, or replace the file") from error


def _can_read_all(path: Path) -> bool:
    """Return whether the whole file can be read. For damage, too, FFmpeg may name an error of the system."""
    try:
        with path.open("rb") as file:
            while file.read(READ_BYTES):
                pass
    except OSError:
        return False
    return True


def _as_source(path: Path) -> AbstractContextManager[Any]:
    """Return what PyAV can open for a path."""
    if isinstance(path, ObjectPath):
        return path.open("rb")
    return nullcontext(f"file:{path}")  # "file:" keeps names such as a:b.mp4 from being taken for an address


def start_time(container: InputContainer) -> float:
    """Return the file's own time, in seconds, of the moment that Hearsight calls 0.

    Recordings often start above zero, and pictures and sound at different times. All times are counted from the start
    of the whole file, never from the start of a stream, so that pictures and sound stay together.
    """
    return 0.0 if container.start_time is None else float(container.start_time / av.time_base)


def video_stream(container: InputContainer) -> av.VideoStream | None:
    """Return the stream that a player would show: the default one, then the largest; never cover art."""
    streams = [
        stream
        for stream in container.streams.video
        if stream.codec_context is not None and not stream.disposition & NOT_FILMED
    ]
    return max(streams, key=lambda stream: (is_default(stream), stream.width * stream.height), default=None)


def subtitle_stream(container: InputContainer) -> SubtitleStream | None:
    """Return the subtitles to read as a transcript: text, and not forced ones, which leave out most lines.

    English goes first, because the text towers were trained on it; then the default stream, then the first.
    """
    streams = [
        stream
        for stream in container.streams.subtitles
        if stream.codec_context is not None and stream.codec_context.codec.text_sub
    ]
    return max(
        streams,
        key=lambda stream: (
            not stream.disposition & Disposition.forced,
            language_code(stream.language) == "en",
            is_default(stream),
        ),
        default=None,
    )


def is_default(stream: Stream) -> bool:
    """Return whether a file says that this stream is the one to show, of its kind."""
    return bool(stream.disposition & Disposition.default)


def packets(container: InputContainer, *streams: Stream) -> Iterator[Any]:
    """Yield the packets of these streams, from the current position to the end, past damaged ones.

    The last packet of each stream is empty: it makes the decoder give out the frames that it still holds.
    """
    for stream in container.streams:
        # Where the format allows it, other streams are not even read from the disk.
        stream.discard = Discard.default if stream in streams else Discard.all
    for stream in streams:
        if isinstance(stream, av.VideoStream):
            stream.codec_context.options = {"max_pixels": str(MOST_PIXELS)}
    for _ in range(MOST_ERRORS):
        try:
            yield from container.demux(streams)
            return
        except av.InvalidDataError:
            continue
        except IndexError:
            return  # PyAV stumbles, after the last packet, over streams that turned up midway


def decode(packet: Any) -> list[Any]:
    """Return the frames (or subtitles) that a packet completes; none if it is broken."""
    try:
        return list(packet.decode())
    except av.FFmpegError:
        return []


def timed_frames(container: InputContainer, frames: Iterable[Any]) -> Iterator[tuple[float | None, Any]]:
    """Yield each frame of one stream, in the order of showing, with its time in seconds from the start of the file.

    The time is None where the file gives none, and where the next frame contradicts it: one damaged timestamp in the
    far future must not move the rest of the file.
    """
    start = start_time(container)
    for frame, following in pairwise(chain(frames, [None])):
        time = frame.time
        if time is not None and following is not None and following.time is not None and following.time < time:
            time = None
        yield None if time is None else time - start, frame


def all_frames(container: InputContainer, stream: av.VideoStream | av.AudioStream) -> Iterator[Any]:
    """Yield every frame of one stream, in the order of showing."""
    set_threads(stream)
    for packet in packets(container, stream):
        yield from decode(packet)


def set_threads(stream: av.VideoStream | av.AudioStream) -> None:
    """Choose how many threads decode; to be called before the first packet is decoded."""
    # Threads that take turns at frames wait for each other and for cores: one is faster for small pictures.
    if isinstance(stream, av.VideoStream) and stream.width * stream.height > SMALL:
        stream.thread_type = "AUTO"
    else:
        stream.codec_context.thread_count = 1
