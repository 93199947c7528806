"""The condition that a search puts on clips: filters, resolved against the videos that a library has now."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatch

from hearsight.library.results import Filters
from hearsight.library.tables.schema import Video, among


@dataclass(frozen=True)
class Condition:
    """The clips that a search may find.

    videos: the ids of their videos; None for all but the hidden ones. The rest is as in Filters.
    """

    videos: frozenset[str] | None
    hidden: frozenset[str]
    has_speech: bool | None
    has_sound: bool | None

    @classmethod
    def resolve(
        cls, filters: Filters, videos: Mapping[str, Video], hidden: frozenset[str], exclude: str | None = None
    ) -> Condition:
        """Resolve filters. hidden: ids of videos that do not count. exclude: the id of a video not to be found."""
        passing = None
        if exclude or (filters.path, filters.min_seconds, filters.max_seconds) != (None, None, None):
            passing = frozenset(id for id, video in videos.items() if id != exclude and _passes(video, filters))
        return cls(passing, hidden, filters.has_speech, filters.has_sound)

    @property
    def sql(self) -> str | None:
        """The same in SQL. It contains no text from a person: paths are matched here, and selected by video."""
        parts = []
        if self.videos is not None:
            parts.append(among("video", self.videos))
        elif self.hidden:
            parts.append(f"NOT ({among('video', self.hidden)})")
        for column, value in (("has_speech", self.has_speech), ("has_sound", self.has_sound)):
            if value is not None:
                parts.append(column if value else f"NOT {column}")
        return " AND ".join(parts) or None


def _passes(video: Video, filters: Filters) -> bool:
    """Return whether a video passes the filters on whole videos."""
    if filters.path is not None:
        path, pattern = video.path.casefold(), filters.path.casefold()
        if not (pattern in path or fnmatch(path, pattern.replace("[", "[[]"))):  # no sets: names have brackets
            return False
    longest = math.inf if filters.max_seconds is None else filters.max_seconds
    return (filters.min_seconds or 0.0) <= video.duration <= longest
