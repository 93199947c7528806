"""A library as one search sees it: at one moment, in memory or on disk, through filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hearsight.library.results import Filters
from hearsight.library.search.candidates import ClipVectors, Shapes
from hearsight.library.search.condition import Condition
from hearsight.library.search.on_disk import OnDisk
from hearsight.library.search.query_words import Query, WordMatch
from hearsight.library.tables.store import Snapshot, Store


class ClipIndex(Protocol):
    """What finds clips: `OnDisk` or `InMemory`. extra: the further fields to read, see `Shapes`."""

    def candidates(
        self, vector: NDArray[np.float32] | None, query: Query | None, limit: int, condition: Condition, extra: Shapes
    ) -> tuple[ClipVectors, dict[str, WordMatch]]:
        """Return the clips nearest to a pooled vector and those that best match a query's words, each once.

        vector, query: None, one of both at most, for what is not searched for. limit: of either kind. The matches are
        those of clips with any of the words, by id.
        """

    def rows(self, row_ids: Mapping[str, int], names: Sequence[str]) -> pa.Table:
        """Return columns of clips, in any order, without clips that are gone. row_ids: where they were found, by id."""

    def of_video(self, video: str, query: Query | None, extra: Shapes) -> tuple[ClipVectors, dict[str, WordMatch]]:
        """Return all clips of a video, in any order, and how strongly each matches a query's words."""


@dataclass(frozen=True)
class Searchable:
    """A library that can be searched. name: distinguishes it from others that are searched with it."""

    name: str
    folder: Path
    store: Store


@dataclass(frozen=True)
class View:
    """One search's view of a library."""

    name: str
    folder: Path
    snapshot: Snapshot
    condition: Condition
    index: ClipIndex

    @classmethod
    def open(cls, library: Searchable, filters: Filters, exclude: str | None = None) -> View:
        """Open a library for one search. exclude: the id of a video that is not to be found."""
        snapshot = library.store.recent_snapshot()
        condition = Condition.resolve(filters, snapshot.videos, snapshot.hidden, exclude)
        index = snapshot.loaded or OnDisk(library.store, snapshot)
        return cls(library.name, library.folder, snapshot, condition, index)
