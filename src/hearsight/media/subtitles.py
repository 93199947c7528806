"""Subtitles as lines of text with their times: from a file beside the video, else from inside it.

FFmpeg reads every format that matters, so a file beside the video goes through the same decoder as a stream
inside it.
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

from hearsight.media.container import decoded, opened, origin, packets, subtitle_stream, unreadable
from hearsight.media.languages import language_code
from hearsight.media.sidecars import FORMATS, known_side_cars, side_cars
from hearsight.types import Line

log = logging.getLogger(__name__)

ASS_TAG = re.compile(r"\{[^}]*\}")
MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>")
ASS_SPACE = re.compile(r"\\[Nnh]")


@dataclass(frozen=True)
class Subtitles:
    """At least one line, in order of time. language: two-letter code, None where unknown."""

    lines: tuple[Line, ...]
    language: str | None


def read_subtitles(path: Path, known: Sequence[Path] | None = None) -> Subtitles | None:
    """The subtitles of a media file as plain text; None when there are none.

    A file beside it (clip.srt, clip.de.srt, clip.vtt, clip.ass ...) goes before the subtitles inside. One
    that is damaged, or that may not be read, is passed over with a warning. known: these files, where it is known which
    there are. Raises HearsightError if the media file cannot be opened, or the disk fails.
    """
    for side_car in side_cars(path) if known is None else known_side_cars(path, known):
        beside = path.with_name(side_car.name)
        lines = _read_side_car(beside, FORMATS[side_car.suffix])
        if lines:
            return Subtitles(tuple(lines), side_car.language)
        log.warning("%s; going on without it", unreadable(beside, "no subtitles in it"))
    return _read_embedded(path)


def _read_side_car(path: Path, form: str) -> list[Line]:
    try:
        text = _text(path.read_bytes())
    except (FileNotFoundError, PermissionError):
        return []
    except OSError as error:  # which may pass: without it now would be without it for good
        raise unreadable(path, f"{error.strerror}; check the disk, and run this again") from error
    try:
        with av.open(io.BytesIO(text.encode()), format=form) as container:
            return _lines(container, container.streams.subtitles[0], 0.0)
    except (OSError, av.FFmpegError):
        return []


def _text(data: bytes) -> str:
    """Decode subtitles of unknown encoding; old ones are mostly in that of a Western European Windows."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace")


def _read_embedded(path: Path) -> Subtitles | None:
    with opened(path) as container:
        stream = subtitle_stream(container)
        lines = [] if stream is None else _lines(container, stream, origin(container))
        return Subtitles(tuple(lines), language_code(stream.language)) if stream is not None and lines else None


def _lines(container: InputContainer, stream: Stream, start: float) -> list[Line]:
    """The lines of one stream, without rows that only stay on screen from the line before.

    Captions that roll up (those of video sites do) show each row twice or more.
    """
    lines: list[Line] = []
    before: list[str] = []
    until = -math.inf
    for begin, end, rows in sorted(_cues(container, stream), key=lambda cue: cue[:2]):
        fresh = [row for row in rows if begin > until or row not in before]
        if fresh:
            lines.append(Line(max(begin - start, 0.0), max(end - start, 0.0), " ".join(fresh)))
        before, until = rows, end  # also where nothing was fresh: a row may stay for a cue of its own
    return lines


def _cues(container: InputContainer, stream: Stream) -> Iterator[tuple[float, float, list[str]]]:
    """Start, end and rows of text of each subtitle."""
    for packet in packets(container, stream):
        for subtitle in decoded(packet):
            begin = packet.pts * packet.time_base
            end = begin + (packet.duration or 0) * packet.time_base
            yield float(begin), float(end), _rows(subtitle)


def _rows(subtitle: Any) -> list[str]:
    """Plain rows of text, without ASS overrides, markup and entities; none for a picture."""
    if subtitle.type == b"bitmap":
        return []
    text = ASS_TAG.sub("", subtitle.dialogue.decode(errors="replace"))
    text = html.unescape(MARKUP.sub("", ASS_SPACE.sub("\n", text)))
    return [row for row in (" ".join(line.split()) for line in text.splitlines()) if row]
