"""Cut subtitle files of plain text into cues: SubRip (.srt), WebVTT (.vtt), and YouTube's .sbv.

People and programs write times in many ways, and FFmpeg reads only the usual one: of a file without milliseconds it
reads nothing, and it takes a cue with a damaged time for a part of the one before. So whatever looks like two times
begins a cue.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

TIME = r"(?:(\d{1,3})\s?:\s?)?(\d{1,2})\s?:\s?(\d{1,2})(?:\s?[.,:;]\s?(\d{1,6}))?"
ARROW = r"\s{0,9}(?:[-\u2010-\u2015]{1,3}\s?>|\u2192|,(?=\d+:))\s{0,9}"
TIMES = re.compile(rf"\s{{0,9}}{TIME}{ARROW}{TIME}(?:\s.*)?")
DAMAGED_TIMES = re.compile(r"[^a-zA-Z]*\d[^a-zA-Z]*-->.*|.*-->[^a-zA-Z]*\d[^a-zA-Z]*")
LONGEST_HEAD = 200  # characters of the row with the times
NUMBER = re.compile(r"\s*\d{1,9}\s*")
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
    heads = [number for number, row in enumerate(rows) if _is_head(row)]
    times = _without_gaps([_times(rows[head]) for head in heads])
    for (head, following), (start, end) in zip(pairwise([*heads, len(rows)]), times, strict=True):
        body = rows[head + 1 : following]
        shown = _first_block(body) if web else _without_number(body, rows[head - 1] if head else "")
        yield Cue(start, end if end > start else start + SHORTEST, shown)


def _is_head(row: str) -> bool:
    if len(row) > LONGEST_HEAD:
        return False
    return bool(TIMES.fullmatch(row) or ("-->" in row and DAMAGED_TIMES.fullmatch(row)))


def _times(row: str) -> tuple[float, float] | None:
    match = TIMES.fullmatch(row)
    return match and (_seconds(*match.groups()[:4]), _seconds(*match.groups()[4:]))


def _seconds(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> float:
    return int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds) + float(f"0.{fraction or 0}")


def _without_gaps(times: Sequence[tuple[float, float] | None]) -> list[tuple[float, float]]:
    """Return the times of all cues; one without lasts from the cue before to the next."""
    starts = list[float]()  # of the next cue that has times, from the last one on
    for pair in reversed(times):
        starts.append(pair[0] if pair else starts[-1] if starts else 0.0)
    complete, before = list[tuple[float, float]](), 0.0
    for pair, start in zip(times, reversed(starts), strict=True):
        complete.append(pair or (before, start))
        before = max(before, complete[-1][1])
    return complete


def _without_number(rows: Sequence[str], head: str) -> Sequence[str]:
    """Return the rows of a cue without the number of the next. head: the row before its times: its own number."""
    last = len(rows)
    while last and not rows[last - 1].strip():
        last -= 1
    if not last or not NUMBER.fullmatch(rows[last - 1]):
        return rows[:last]
    is_apart = last > 1 and not rows[last - 2].strip()
    is_next = bool(NUMBER.fullmatch(head)) and int(rows[last - 1]) == int(head) + 1
    return rows[: last - 1] if is_apart or is_next else rows[:last]


def _first_block(rows: Sequence[str]) -> Sequence[str]:
    """Return the rows before the first empty one, after which there may be notes and the name of the next cue."""
    return rows[: next((number for number, row in enumerate(rows) if not row.strip()), len(rows))]
