"""Reads the dates of filters, and finds the date of a video."""

from __future__ import annotations

import re
from datetime import datetime

from hearsight.errors import HearsightError
from hearsight.library.tables.schema import Video

DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", re.ASCII)
STAT_TIME = re.compile(r"\d+:(\d+)(?:\||$)", re.ASCII)


def beginning_of(date: str) -> float:
    """Return when a year, month or day begins in this machine's time zone, in seconds since 1970.

    date: 2024, 2024-05 or 2024-05-17. Raises HearsightError for anything else.
    """
    try:
        match = DATE.fullmatch(date.strip())
        if match is None:
            raise ValueError(date)
        year, month, day = (int(part or 1) for part in match.groups())
        return datetime(year, month, day).timestamp()
    except (ValueError, OverflowError, OSError) as error:
        raise HearsightError(
            f"cannot read the date {date[:40]!r}; give a year, a month or a day, as 2024, 2024-05 or 2024-05-17"
        ) from error


def date_of(video: Video) -> float | None:
    """Return when a video was made, in seconds since 1970; None if nothing tells.

    That is the date in the file, which a camera writes, or else the time at which the file was last changed. Videos
    that were indexed by Hearsight 0.1 have only the latter.
    """
    if video.created is not None:
        return video.created
    match = STAT_TIME.match(video.stat)
    return int(match[1]) / 1e9 if match else None
