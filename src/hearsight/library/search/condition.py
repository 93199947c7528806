"""Resolves the filters of a search against the videos that are in a library."""

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

    videos: the ids of the videos whose clips may be found; None for all but the hidden ones. hidden: the ids of videos
    that are never found. has_speech, has_sound: as in Filters. clips: the ids of the clips that may be found; None for
    all but those in `hidden_clips`.
    """

    videos: frozenset[str] | None
    hidden: frozenset[str]
    has_speech: bool | None
    has_sound: bool | None
    clips: frozenset[str] | None = None
    hidden_clips: frozenset[str] = frozenset()

    @classmethod
    def resolve(
        cls, filters: Filters, videos: Mapping[str, Video], hidden: frozenset[str], exclude: str | None = None
    ) -> Condition:
        """Resolve filters against the videos of a library.

        videos: all videos by id. hidden: the ids of videos that are never found. exclude: the id of one more of these.
        """
        video_ids = None
        if exclude or (filters.path, filters.min_seconds, filters.max_seconds) != (None, None, None):
            video_ids = frozenset(id for id, video in videos.items() if id != exclude and _passes(video, filters))
        return cls(video_ids, hidden, filters.has_speech, filters.has_sound)

    @property
    def sql(self) -> str | None:
        """Return the condition in SQL; None if it is always true.

        It never contains user input: `resolve` matches paths, and the SQL selects their videos by id.
        """
        terms = []
        if self.videos is not None:
            terms.append(among("video", self.videos))
        elif self.hidden:
            terms.append(f"NOT ({among('video', self.hidden)})")
        for column, value in (("has_speech", self.has_speech), ("has_sound", self.has_sound)):
            if value is not None:
                terms.append(column if value else f"NOT {column}")
        if self.clips is not None:
            terms.append(among("id", self.clips - self.hidden_clips))
        elif self.hidden_clips:
            terms.append(f"NOT ({among('id', self.hidden_clips)})")
        return " AND ".join(terms) or None


def _passes(video: Video, filters: Filters) -> bool:
    """Return whether a video passes the filters that concern videos, not clips."""
    if filters.path is not None:
        path, pattern = video.path.casefold(), filters.path.casefold()
        if not (
            pattern in path or fnmatch(path, pattern.replace("[", "[[]"))
        ):  # file names contain brackets, so these are literal
            return False
    longest = math.inf if filters.max_seconds is None else filters.max_seconds
    return (filters.min_seconds or 0.0) <= video.duration <= longest
