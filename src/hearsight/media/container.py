"""Opening media files, choosing streams, unpacking them: what every reader in this folder shares.

PyAV is used, and nothing else: its wheel carries FFmpeg's libraries, so that no program has to be installed
beside Python, and packets can be handled one by one, so that a broken one is skipped and not fatal.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.stream import Discard, Disposition, Stream
from av.subtitles.stream import SubtitleStream

from hearsight.errors import HearsightError
from hearsight.media.languages import language_code
from hearsight.util.object_store import ObjectPath

NOT_FILMED = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
# Those that hold what they play. Playlists and scripts (HLS, ffconcat, DASH, SDP ...), which name other files to open,
# are not among them: a stranger's file must not bring any other one in.
FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dts,dv,eac3,flac,flv,h264,hevc,m4v,matroska,mov,mp3,mpc,mpc8,mpeg,mpegts,"
    "mpegvideo,mxf,nut,ogg,rm,tta,w64,wav,wv"
)
MOST_ERRORS = 1000
SMALL = 352 * 288  # pixels


@contextmanager
def opened(path: Path) -> Iterator[InputContainer]:
    """The file, opened for reading.

    Raises HearsightError if it cannot be opened, or stops being readable while it is in use.
    """
    try:
        _check_regular(path)
        options = {"protocol_whitelist": "file", "format_whitelist": FORMATS}
        with _source(path) as source, av.open(source, options=options, metadata_errors="replace") as container:
            yield container
    except PermissionError as error:
        raise unreadable(path, "no permission to read it; change its permissions") from error
    except (av.InvalidDataError, av.ArgumentError) as error:  # the latter: a format that is not among ours
        reason = "damaged, or not a video or sound file; replace or remove it"
        raise unreadable(path, reason) from error
    except av.FFmpegError as error:
        raise unreadable(path, f"{error.strerror}; check the disk, or replace the file") from error
    except ConnectionError as error:
        raise unreadable(path, f"{error.strerror}; check the store, and run this again") from error


def _source(path: Path) -> AbstractContextManager[Any]:
    """What PyAV opens."""
    if isinstance(path, ObjectPath):
        return path.open("rb")
    return nullcontext(f"file:{path}")  # "file:" keeps names such as a:b.mp4 from being taken for an address


def _check_regular(path: Path) -> None:
    """Say plainly what FFmpeg would say obscurely, and never wait on a named pipe."""
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise unreadable(path, "no such file; it may have been moved, look again") from error
    except ConnectionError:
        raise
    except OSError as error:
        raise unreadable(path, f"{error.strerror}; check the path and its permissions") from error
    if not stat.S_ISREG(status.st_mode):
        raise unreadable(path, "not a regular file; name a video or sound file")
    if status.st_size == 0:
        raise unreadable(path, "the file is empty (0 bytes); copy or download it again")


def unreadable(path: Path, reason: str) -> HearsightError:
    """The error for a file that cannot be used; reason says why and what to do."""
    name = str(path)
    return HearsightError(f"cannot read {name if name.isprintable() else repr(name)}: {reason}")


def origin(container: InputContainer) -> float:
    """The file's own time, in seconds, of the moment that we call 0.

    Recordings often start at a time above zero, and picture and sound at times of their own. Everything is
    counted from the start of the whole file, never from the start of a stream, so that they stay together.
    """
    return 0.0 if container.start_time is None else float(container.start_time / av.time_base)


def video_stream(container: InputContainer) -> av.VideoStream | None:
    """The picture that a player would show: the default one, then the largest; never cover art."""
    streams = [
        stream
        for stream in container.streams.video
        if stream.codec_context is not None and not stream.disposition & NOT_FILMED
    ]
    return max(streams, key=lambda stream: (_is_default(stream), stream.width * stream.height), default=None)


def audio_stream(container: InputContainer) -> av.AudioStream | None:
    """The default sound track, else the first."""
    streams = [stream for stream in container.streams.audio if stream.codec_context is not None]
    return max(streams, key=_is_default, default=None)


def subtitle_stream(container: InputContainer) -> SubtitleStream | None:
    """The subtitles to read as a transcript: of text, not forced (those leave most lines out), English first.

    English because the text towers were trained on it; then the default ones, then the first.
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
            _is_default(stream),
        ),
        default=None,
    )


def _is_default(stream: Stream) -> bool:
    return bool(stream.disposition & Disposition.default)


def packets(container: InputContainer, *streams: Stream) -> Iterator[Any]:
    """The packets of these streams, from where the container stands to its end, past damaged places.

    The last packet of each stream is empty: it makes the decoder give out the frames that it still holds.
    """
    for stream in container.streams:
        # Where the format allows, streams that nobody asked for are not even read from the disk.
        stream.discard = Discard.default if stream in streams else Discard.all
    for _ in range(MOST_ERRORS):
        try:
            yield from container.demux(streams)
            return
        except av.InvalidDataError:
            continue
        except IndexError:
            return  # PyAV stumbles, after the last packet, over streams that turned up midway


def decoded(packet: Any) -> list[Any]:
    """The frames (or subtitles) that this packet completes; none if it is broken."""
    try:
        return list(packet.decode())
    except av.FFmpegError:
        return []


def timed_frames(container: InputContainer, frames: Iterable[Any]) -> Iterator[tuple[float | None, Any]]:
    """Each frame (of one stream, in the order of showing) with its time in seconds from the start of the file.

    The time is None where the file gives none, and where the next frame belies it: one damaged timestamp in
    the far future must not carry the rest of the file off with it.
    """
    start = origin(container)
    for frame, following in pairwise(chain(frames, [None])):
        time = frame.time
        if time is not None and following is not None and following.time is not None and following.time < time:
            time = None
        yield None if time is None else time - start, frame


def all_frames(container: InputContainer, stream: av.VideoStream | av.AudioStream) -> Iterator[Any]:
    """Every frame of one stream, in the order of showing."""
    set_threads(stream)
    for packet in packets(container, stream):
        yield from decoded(packet)


def set_threads(stream: av.VideoStream | av.AudioStream) -> None:
    """Say how many threads decode, before the first packet is."""
    # Threads that take turns at the frames wait for each other, and for cores: small pictures are sooner done by one.
    if isinstance(stream, av.VideoStream) and stream.width * stream.height > SMALL:
        stream.thread_type = "AUTO"
    else:
        stream.codec_context.thread_count = 1
