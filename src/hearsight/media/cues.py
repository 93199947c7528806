"""Cut subtitle files of plain text into cues: SubRip (.srt), WebVTT (.vtt), and YouTube's .sbv.

People and programs write times in many ways, and FFmpeg reads only the usual one: of a file without milliseconds it
reads nothing, and it takes a cue with a damaged time for a part of the one before. So whatever looks like two times
begins a cue.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

TIME = r"(?:(\d{1,3})\s?:\s?)?(\d{1,2})\s?:\s?(\d{1,2})(?:\s?[.,:;'](?:\s?)(\d{1,6}))?"
EXACT_TIME = r"(\d{1,3}):(\d{1,2}):(\d{1,2})[.,:;'](\d{1,6})"
ARROW = r"\s{0,9}(?:[-=\u2010-\u2015]{0,3}\s?(?:>|&gt;)|\u2192|,(?=\d+:))\s{0,9}"
NUMBERED = r"\s{0,9}(?:\d{1,9}\s+)?"
TIMES = re.compile(rf"{NUMBERED}{TIME}{ARROW}{TIME}(?:\s.*)?")
# Where both times have all parts, anything may stand between them, and nobody says such a row.
EXACT_TIMES = re.compile(rf"{NUMBERED}{EXACT_TIME}[^\da-zA-Z]{{1,9}}{EXACT_TIME}(?:\s.*)?")
START = re.compile(rf"{NUMBERED}{TIME}{ARROW}.*")  # and a damaged end
DAMAGED_TIMES = re.compile(r"[^a-zA-Z]*\d[^a-zA-Z]*-->.*|.*-->[^a-zA-Z]*\d[^a-zA-Z]*")
LONGEST_HEAD = 200  # characters of the row with the times
NUMBER = re.compile(r"\s*#?(\d{1,9})[.:)]?\s*")
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\ufeff]")
NO_NUMBER = "-"  # in place of the number of a cue that has none
SHORTEST = 1.0  # seconds that a cue is shown if its end is not after its beginning


class Cue(NamedTuple):
    """A text that is shown from `start` to `end`, in seconds, in rows."""

    start: float
    end: float
    rows: Sequence[str]


def read_cues(text: str, web: bool = False) -> Iterator[Cue]:
    """Yield the cues of a text, in its order. web: it is WebVTT, where a cue ends at an empty row.

    A cue whose times are damaged lasts from the end of the one before to the beginning of the next.
    """
    rows = text.splitlines()
    times = {number: pair for number, row in enumerate(rows) if (pair := _times(row)) is not None}
    heads = list(times)
    complete = _without_gaps([times[head] for head in heads])
    for (head, following), (start, end) in zip(pairwise([*heads, len(rows)]), complete, strict=True):
        body = rows[head + 1 : following]
        own_number = (rows[head - 1].strip() if head else "") or NO_NUMBER
        number = "" if following == len(rows) else own_number
        shown = _first_block(body) if web else _without_number(body, number)
        yield Cue(start, end if end > start else start + SHORTEST, shown)


def _times(row: str) -> tuple[float | None, float | None] | None:
    """Return the times of a cue, None for a damaged one; None if this row is not the head of a cue."""
    if len(row) > LONGEST_HEAD or not any(map(str.isdecimal, row)):
        return None
    row = INVISIBLE.sub("", unicodedata.normalize("NFKC", row))
    if match := TIMES.fullmatch(row) or EXACT_TIMES.fullmatch(row):
        return _seconds(*match.groups()[:4]), _seconds(*match.groups()[4:])
    if match := START.fullmatch(row):
        return _seconds(*match.groups()), None
    return (None, None) if "-->" in row and ":" in row and DAMAGED_TIMES.fullmatch(row) else None


def _seconds(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> float:
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction or 0}")


def _without_gaps(times: Sequence[tuple[float | None, float | None]]) -> list[tuple[float, float]]:
    """Return the times of all cues; what is damaged goes from the cue before to the next."""
    starts = list[float | None]()  # of the next cue that has times, from the last one on
    for start, _ in reversed(times):
        starts.append(starts[-1] if start is None and starts else start)
    complete, before = list[tuple[float, float]](), 0.0
    for number, (start, end) in enumerate(times):
        following = starts[len(times) - number - 2] if number + 1 < len(times) else None
        begin = start if start is not None else before if following is None else min(before, following)
        complete.append((begin, end if end is not None else begin if following is None else following))
        before = complete[-1][1]
    return complete


def _without_number(rows: Sequence[str], head: str) -> Sequence[str]:
    """Return the rows of a cue without the number of the next.

    head: the row before its times, its own number; "" if there is no next cue.
    """
    last = len(rows)
    while last and not rows[last - 1].strip():
        last -= 1
    match = NUMBER.fullmatch(rows[last - 1]) if last and head else None
    if match is None:
        return rows[:last]
    is_apart = last > 1 and not rows[last - 2].strip()
    own = NUMBER.fullmatch(head)
    is_next = own is not None and int(match[1]) == int(own[1]) + 1
    return rows[: last - 1] if is_apart or is_next else rows[:last]


def _first_block(rows: Sequence[str]) -> Sequence[str]:
    """Return the rows before the first empty one, after which there may be notes and the name of the next cue."""
    return rows[: next((number for number, row in enumerate(rows) if not row.strip()), len(rows))]
