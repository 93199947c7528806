"""Read subtitles as lines of text with their times: from a file that belongs to the video, else from inside it.

Plain text is cut into cues here (cues.py). FFmpeg reads the other formats, in files and inside the video.
"""

from __future__ import annotations

import html
import io
import logging
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Stream

from hearsight.media.container import decode, open_media, packets, start_time, subtitle_stream
from hearsight.media.cues import SHORTEST, Cue, read_cues
from hearsight.media.file_checks import read_error
from hearsight.media.languages import language_code
from hearsight.media.sidecars import FORMATS, PICTURE_FORMATS, Sidecar, find_sidecars, match_sidecars
from hearsight.media.subtitle_text import decode_text
from hearsight.types import Line

log = logging.getLogger(__name__)

MAX_BYTES = 32 << 20  # of a subtitle file; those of a film have 0.1 MB
MAX_CUES = 100_000
MAX_CUE = 50_000  # characters
# Seconds between two cues with the same text that count as one. Two that people see as two are further apart.
GAP = 0.1
ASS_TAGS = re.compile(r"(\{[^{}]*\})")
DRAWING = re.compile(r"\\p(\d+)")  # from here on the text is a drawing, or is none again after \\p0
MARKUP = re.compile(r"</?[a-zA-Z][^<>]*>|<[\d:.]+>")  # and the times of words in WebVTT
THUMBNAIL = re.compile(r"#xywh=\d")  # a row of pictures for a player's timeline
ASS_SPACE = re.compile(r"\\[Nnh]")
EFFECT_COLUMN = 7  # of nine: what karaoke programs make of a line, often letter by letter, has the effect "fx"
# What they make without the name of the effect: many parts of words that are shown at the same time.
CROWD = 5
PART = re.compile("[a-z]{1,4}")
BEGINNINGS = {"WEBVTT": "webvtt", "[Script Info]": "ass", "<SAMI>": "sami"}
SEEN_FIRST = 1000  # characters
ASS_TIMES = re.compile(
    r"^(Dialogue:[^,\n]*,)\s*(\d+:\d+:\d+)(?:[.,:](\d*))?\s*,\s*(\d+:\d+:\d+)(?:[.,:](\d*))?(?=\s*,)", re.M
)


@dataclass(frozen=True)
class Subtitles:
    """The subtitles of a file: at least one line, in order of time. language: two-letter code, None if unknown."""

    lines: tuple[Line, ...]
    language: str | None


class UnusableSubtitlesError(ValueError):
    """A subtitle file is skipped; the message says why."""


def read_subtitles(path: Path, files: Sequence[Path] | None = None) -> Subtitles | None:
    """Return the subtitles of a media file as plain text; None if it has none.

    A file that belongs to it (clip.srt, clip.de.srt, Subs/clip.ass ...) goes before the subtitles inside. One that is
    damaged, or that may not be read, is skipped with a warning. files: the candidates, if the folder has been listed
    before. Raises HearsightError if the media file cannot be opened, or the disk fails.
    """
    for sidecar in find_sidecars(path) if files is None else match_sidecars(path, files):
        file = path.parent / sidecar.name
        try:
            return Subtitles(tuple(_lines(_read_sidecar(file, sidecar))), sidecar.language)
        except UnusableSubtitlesError as error:
            log.warning("%s; going on without it", read_error(file, str(error)))
    return _read_embedded(path)


def _read_sidecar(path: Path, sidecar: Sidecar) -> list[Cue]:
    """Return the cues of a subtitle file, at least one. Raises UnusableSubtitlesError."""
    if sidecar.suffix in PICTURE_FORMATS:
        raise UnusableSubtitlesError("its subtitles are pictures, or counted in frames, and are not read")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (FileNotFoundError, PermissionError) as error:
        raise UnusableSubtitlesError(error.strerror) from error
    except OSError as error:  # it may pass, and subtitles that are skipped now are never read
        raise read_error(path, f"{error.strerror}; check the disk, and run this again") from error
    if len(data) > MAX_BYTES:
        raise UnusableSubtitlesError(f"more than {MAX_BYTES >> 20} MB are no subtitles")
    text = decode_text(data, sidecar.language)
    if text is None:
        raise UnusableSubtitlesError("its text is damaged, or in an unknown code page; save it as UTF-8")
    cues = [cue for cue in islice(_cues_of_text(text, FORMATS[sidecar.suffix]), MAX_CUES + 1) if cue.rows]
    if len(cues) > MAX_CUES:
        raise UnusableSubtitlesError(f"more than {MAX_CUES:,} lines are no subtitles")
    if not cues:
        raise UnusableSubtitlesError("no subtitles in it")
    return cues


def _cues_of_text(text: str, form: str) -> Iterator[Cue]:
    """Yield the cues of a text. form: of its suffix; a text that begins as another one is that."""
    beginning = text[:SEEN_FIRST].lstrip()
    form = next((real for mark, real in BEGINNINGS.items() if beginning.startswith(mark)), form)
    if form in ("srt", "webvtt"):
        for start, end, rows in read_cues(text, web=form == "webvtt"):
            yield Cue(start, end, plain_rows("\n".join(rows)))
        return
    try:
        data = ASS_TIMES.sub(_ass_times, text).encode(errors="replace")
        with av.open(io.BytesIO(data), format=form) as container:
            yield from _cues_of_stream(container, container.streams.subtitles[0])
    except (OSError, av.FFmpegError, IndexError) as error:
        raise UnusableSubtitlesError("no subtitles in it") from error


def _ass_times(match: re.Match[str]) -> str:
    """Return the times of an ASS event in hundredths of a second, as FFmpeg wants them."""
    first, second = (f"{clock}.{(fraction or '0'):0<2.2}" for clock, fraction in (match.group(2, 3), match.group(4, 5)))
    return f"{match[1]}{first},{second}"


def _read_embedded(path: Path) -> Subtitles | None:
    with open_media(path) as container:
        stream = subtitle_stream(container)
        if stream is None:
            return None
        start = start_time(container)
        cues = islice(_cues_of_stream(container, stream), MAX_CUES)
        lines = _lines(Cue(max(cue.start - start, 0.0), max(cue.end - start, 0.0), cue.rows) for cue in cues)
        return Subtitles(tuple(lines), language_code(stream.language)) if lines else None


def _cues_of_stream(container: InputContainer, stream: Stream) -> Iterator[Cue]:
    """Yield the cues of a stream, without what karaoke programs draw around the words."""
    cues = list[Cue]()
    for packet in packets(container, stream):
        for subtitle in decode(packet):
            if subtitle.type == b"bitmap" or _is_effect(subtitle.ass):
                continue
            begin = float(packet.pts * packet.time_base)
            text = subtitle.dialogue[:MAX_CUE].decode(errors="replace")
            seconds = float((packet.duration or 0) * packet.time_base) or SHORTEST
            cues.append(Cue(begin, begin + seconds, plain_rows(text)))
        if len(cues) > MAX_CUES:
            break
    parts = Counter(cue.start for cue in cues if _is_part(cue))
    yield from (cue for cue in cues if not (_is_part(cue) and parts[cue.start] >= CROWD))


def _is_effect(event: bytes) -> bool:
    columns = event.split(b",", EFFECT_COLUMN + 1)
    return len(columns) > EFFECT_COLUMN and columns[EFFECT_COLUMN].strip().lower() == b"fx"


def _is_part(cue: Cue) -> bool:
    return len(cue.rows) == 1 and bool(PART.fullmatch(cue.rows[0]))


def plain_rows(text: str) -> list[str]:
    """Return plain rows of text, without ASS overrides and drawings, markup and entities."""
    shown, is_drawing = list[str](), False
    for part in ASS_TAGS.split(text[:MAX_CUE]):
        if part.startswith("{") and part.endswith("}"):
            for size in DRAWING.findall(part):
                is_drawing = int(size) > 0
        elif not is_drawing:
            shown.append(part)
    plain = html.unescape(MARKUP.sub("", ASS_SPACE.sub("\n", "".join(shown))))
    rows = (" ".join(line.split()) for line in plain.splitlines())
    return [row for row in rows if row and not THUMBNAIL.search(row)]


def _lines(cues: Iterable[Cue]) -> list[Line]:
    """Return the lines of cues, each row once: one that stays on screen, or is shown again at once, lasts longer.

    Captions that roll up, as those of video sites do, show each row twice or more.
    """
    lines = list[Line]()
    until = dict[str, float]()  # when each row goes
    line_of = dict[str, int]()
    for start, end, rows in sorted(cues, key=lambda cue: cue[:2]):
        new = [row for row in rows if start > until.get(row, -1.0) + GAP]
        if new:
            line_of.update(dict.fromkeys(new, len(lines)))
            lines.append(Line(start, end, " ".join(new)))
        else:
            for position in {line_of[row] for row in rows}:
                lines[position] = replace(lines[position], end=max(end, lines[position].end))
        until.update((row, max(end, until.get(row, end))) for row in rows)
    return lines
