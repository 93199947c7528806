"""The state of a library at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hearsight.library.tables.calibration_file import Calibration
from hearsight.library.tables.videos import Videos


@dataclass(frozen=True)
class Snapshot:
    """The state of a library at one moment.

    videos: by id. hidden: ids of videos that have clips but do not count (yet, or any more). clips: the number of those
    that count. loaded: what the store's `load` returned for the clips; None if they are not kept in memory.
    occurring_words: whether any transcript or text has a word, for those that searches have asked for.
    calibration: None if there is none, or if it is that of another model.
    """

    videos: Videos
    hidden: frozenset[str]
    clips: int
    loaded: Any = None
    occurring_words: dict[str, bool] = field(default_factory=dict)
    calibration: Calibration | None = None
