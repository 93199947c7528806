"""Read subtitles as lines of text with their times: from a file next to the video, else from inside it.

FFmpeg reads every format that matters, so a file next to the video goes through the same decoder as a stream inside it.
"""

from __future__ import annotations

import html
import io
import logging
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer
from av.stream import Stream

from hearsight.media.container import decode, open_media, packets, read_error, start_time, subtitle_stream
from hearsight.media.languages import language_code
from hearsight.media.sidecars import FORMATS, find_sidecars, match_sidecars
from hearsight.types import Line

log = logging.getLogger(__name__)

ASS_TAG = re.compile(r"\{[^}]*\}")
MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>")
ASS_SPACE = re.compile(r"\\[Nnh]")


@dataclass(frozen=True)
class Subtitles:
    """The subtitles of a file: at least one line, in order of time. language: two-letter code, None if unknown."""

    lines: tuple[Line, ...]
    language: str | None


def read_subtitles(path: Path, files: Sequence[Path] | None = None) -> Subtitles | None:
    """Return the subtitles of a media file as plain text; None if it has none.

    A file next to it (clip.srt, clip.de.srt, clip.vtt, clip.ass ...) goes before the subtitles inside. One that is
    damaged, or that may not be read, is skipped with a warning. files: the candidates, if the folder has been listed
    before. Raises HearsightError if the media file cannot be open_media, or the disk fails.
    """
    for sidecar in find_sidecars(path) if files is None else match_sidecars(path, files):
        file = path.with_name(sidecar.name)
        lines = _read_sidecar(file, FORMATS[sidecar.suffix])
        if lines:
            return Subtitles(tuple(lines), sidecar.language)
        log.warning("%s; going on without it", read_error(file, "no subtitles in it"))
    return _read_embedded(path)


def _read_sidecar(path: Path, form: str) -> list[Line]:
    try:
        text = _decode_text(path.read_bytes())
    except (FileNotFoundError, PermissionError):
        return []
    except OSError as error:  # it may pass, and subtitles that are skipped now are never read
        raise read_error(path, f"{error.strerror}; check the disk, and run this again") from error
    try:
        with av.open(io.BytesIO(text.encode()), format=form) as container:
            return _lines(container, container.streams.subtitles[0], 0.0)
    except (OSError, av.FFmpegError):
        return []


def _decode_text(data: bytes) -> str:
    """Decode subtitles of unknown encoding; old ones mostly have that of Windows in Western Europe."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _read_embedded(path: Path) -> Subtitles | None:
    with open_media(path) as container:
        stream = subtitle_stream(container)
        lines = [] if stream is None else _lines(container, stream, start_time(container))
        return Subtitles(tuple(lines), language_code(stream.language)) if stream is not None and lines else None


def _lines(container: InputContainer, stream: Stream, start: float) -> list[Line]:
    """Return the lines of one stream, without rows that only stay on screen from the line before.

    Captions that roll up, as those of video sites do, show each row twice or more.
    """
    lines: list[Line] = []
    previous: list[str] = []
    previous_end = -math.inf
    for begin, end, rows in sorted(_cues(container, stream), key=lambda cue: cue[:2]):
        new = [row for row in rows if begin > previous_end or row not in previous]
        if new:
            lines.append(Line(max(begin - start, 0.0), max(end - start, 0.0), " ".join(new)))
        previous, previous_end = rows, end  # even if nothing was new: a row may stay for a cue of its own
    return lines


def _cues(container: InputContainer, stream: Stream) -> Iterator[tuple[float, float, list[str]]]:
    """Yield start, end and rows of text of each subtitle."""
    for packet in packets(container, stream):
        for subtitle in decode(packet):
            begin = packet.pts * packet.time_base
            end = begin + (packet.duration or 0) * packet.time_base
            yield float(begin), float(end), _rows(subtitle)


def _rows(subtitle: Any) -> list[str]:
    """Return plain rows of text, without ASS overrides, markup and entities; none for a picture."""
    if subtitle.type == b"bitmap":
        return []
    text = ASS_TAG.sub("", subtitle.dialogue.decode(errors="replace"))
    text = html.unescape(MARKUP.sub("", ASS_SPACE.sub("\n", text)))
    return [row for row in (" ".join(line.split()) for line in text.splitlines()) if row]
