"""Which clips a search may find: filters, seen through what a library has now."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fnmatch import fnmatch

from hearsight.library.results import Filters
from hearsight.library.tables.schema import Video, among
from hearsight.library.tables.store import Snapshot


@dataclass(frozen=True)
class Where:
    """videos: the ids whose clips may be found; None for all but the hidden ones. The rest is as in Filters."""

    videos: frozenset[str] | None
    hidden: frozenset[str]
    has_speech: bool | None
    has_sound: bool | None

    @classmethod
    def of(cls, filters: Filters, snapshot: Snapshot, besides: str | None = None) -> Where:
        """besides: the id of a video that shall not be found."""
        videos = None
        if besides or (filters.path, filters.min_seconds, filters.max_seconds) != (None, None, None):
            videos = frozenset(id for id, video in snapshot.videos.items() if id != besides and _fits(video, filters))
        return cls(videos, snapshot.hidden, filters.has_speech, filters.has_sound)

    @property
    def sql(self) -> str | None:
        """The same as a condition. No text of a person is in it: paths are matched here, and asked for by video."""
        parts = []
        if self.videos is not None:
            parts.append(among("video", self.videos))
        elif self.hidden:
            parts.append(f"NOT ({among('video', self.hidden)})")
        for column, value in (("has_speech", self.has_speech), ("has_sound", self.has_sound)):
            if value is not None:
                parts.append(column if value else f"NOT {column}")
        return " AND ".join(parts) or None


def _fits(video: Video, filters: Filters) -> bool:
    """Whether the filters on whole videos let one pass."""
    if filters.path is not None:
        path, pattern = video.path.casefold(), filters.path.casefold()
        if not (pattern in path or fnmatch(path, pattern.replace("[", "[[]"))):  # no sets: names have brackets
            return False
    longest = math.inf if filters.max_seconds is None else filters.max_seconds
    return (filters.min_seconds or 0.0) <= video.duration <= longest
