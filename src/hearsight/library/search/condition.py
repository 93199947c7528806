"""Resolves the filters of a search against the videos that are in a library."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatch

from hearsight.errors import HearsightError
from hearsight.library.results import Filters
from hearsight.library.search.dates import beginning_of, date_of
from hearsight.library.tables.schema import Video, id_condition


@dataclass(frozen=True)
class Condition:
    """The clips that a search may find.

    videos: the ids of the videos whose clips may be found; None for all but the hidden ones. hidden: the ids of videos
    that are never found. has_speech, has_sound, from_seconds, to_seconds: as in Filters. clips: the ids of the clips
    that may be found; None for all but those in `hidden_clips`.
    """

    videos: frozenset[str] | None
    hidden: frozenset[str]
    has_speech: bool | None
    has_sound: bool | None
    from_seconds: float | None = None
    to_seconds: float | None = None
    clips: frozenset[str] | None = None
    hidden_clips: frozenset[str] = frozenset()

    @classmethod
    def resolve(
        cls, filters: Filters, videos: Mapping[str, Video], hidden: frozenset[str], exclude: str | None = None
    ) -> Condition:
        """Resolve filters against the videos of a library.

        videos: all videos by id. hidden: the ids of videos that are never found. exclude: the id of one more of these.
        Raises HearsightError for a wrong date, and for filters that nothing can pass.
        """
        _check_order(filters)
        _check_lengths(filters)
        passes = _video_filter(filters)
        video_ids = None
        if exclude or passes:
            video_ids = frozenset(id for id, video in videos.items() if id != exclude and (not passes or passes(video)))
        return cls(video_ids, hidden, filters.has_speech, filters.has_sound, filters.from_seconds, filters.to_seconds)

    @property
    def sql(self) -> str | None:
        """Return the condition in SQL; None if it is always true.

        It never contains user input: `resolve` matches paths, and the SQL selects their videos by id.
        """
        flags = (("has_speech", self.has_speech), ("has_sound", self.has_sound))
        terms = [column if value else f"NOT {column}" for column, value in flags if value is not None]
        return " AND ".join([*terms, *self._time_terms, *self._id_terms]) or None

    @property
    def sql_of_windows(self) -> str | None:
        """Return the part of the condition that windows can be asked for, in SQL; None if it is always true.

        What is said before or after the wanted part of a file is no reason to find a clip that reaches into it.
        """
        return " AND ".join([*self._time_terms, *self._id_terms]) or None

    @property
    def _time_terms(self) -> list[str]:
        terms = []
        if self.from_seconds is not None:
            terms.append(f"`end` > {float(self.from_seconds)!r}")
        if self.to_seconds is not None:
            terms.append(f"start < {float(self.to_seconds)!r}")
        return terms

    @property
    def _id_terms(self) -> list[str]:
        terms = []
        if self.videos is not None:
            terms.append(id_condition("video", self.videos))
        elif self.hidden:
            terms.append(f"NOT ({id_condition('video', self.hidden)})")
        if self.clips is not None:
            terms.append(id_condition("id", self.clips - self.hidden_clips))
        elif self.hidden_clips:
            terms.append(f"NOT ({id_condition('id', self.hidden_clips)})")
        return terms


def _check_order(filters: Filters) -> None:
    """Raise HearsightError for dates or times that are wrong, or that leave nothing between them."""
    after, before = (None if date is None else beginning_of(date) for date in (filters.after, filters.before))
    if after is not None and before is not None and after >= before:
        raise HearsightError(
            f"no video is after {filters.after} and before {filters.before}: 'before' is when it begins; give a later "
            "date there"
        )
    times = [time for time in (filters.from_seconds, filters.to_seconds) if time is not None]
    if not all(map(math.isfinite, times)) or times != sorted(set(times)):
        raise HearsightError(
            f"no clip is from {filters.from_seconds} s to {filters.to_seconds} s; give two times, the later one last"
        )


def _check_lengths(filters: Filters) -> None:
    """Raise HearsightError for what is no length of a video."""
    for seconds in (filters.min_seconds, filters.max_seconds):
        if seconds is not None and not 0 <= seconds < math.inf:
            raise HearsightError(f"no video is {seconds!r} s long; give a length from 0 on")


def _video_filter(filters: Filters) -> Callable[[Video], bool] | None:
    """Return a function that tells whether a video passes the filters of videos; None if they have no condition."""
    tests: list[Callable[[Video], bool]] = []
    if filters.path is not None:
        tests.append(_path_filter(filters.path))
    if filters.min_seconds is not None or filters.max_seconds is not None:
        shortest = filters.min_seconds or 0.0
        longest = math.inf if filters.max_seconds is None else filters.max_seconds
        tests.append(lambda video: shortest <= video.duration <= longest)
    if filters.after is not None or filters.before is not None:
        first = -math.inf if filters.after is None else beginning_of(filters.after)
        end = math.inf if filters.before is None else beginning_of(filters.before)
        tests.append(lambda video: (date := date_of(video)) is not None and first <= date < end)
    return (lambda video: all(test(video) for test in tests)) if tests else None


def _path_filter(path: str) -> Callable[[Video], bool]:
    part = path.casefold()
    pattern = part.replace("[", "[[]")  # file names contain brackets, so these are literal
    return lambda video: part in (name := video.path.casefold()) or fnmatch(name, pattern)
