"""A library as one search sees it: as it is at one moment, in memory or on disk, through filters."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hearsight.library.results import Filters
from hearsight.library.store import Snapshot, Store, among
from hearsight.library.where import Where


@dataclass(frozen=True)
class Place:
    """A library that can be searched. name: tells it from others that are searched with it."""

    name: str
    folder: Path
    store: Store


@dataclass(frozen=True)
class View:
    place: Place
    snapshot: Snapshot
    where: Where

    @classmethod
    def of(cls, place: Place, filters: Filters, besides: str | None = None) -> View:
        """besides: the id of a video that shall not be found."""
        snapshot = place.store.snapshot()
        return cls(place, snapshot, Where.of(filters, snapshot, besides))

    def nearest(self, vector: NDArray[np.float32], columns: Sequence[str], limit: int) -> pa.Table:
        """The clips whose pooled vectors are nearest to a text's."""
        resident = self.snapshot.resident
        if resident is None:
            return self.place.store.nearest(vector, columns, limit, self.where.sql).select(columns)
        return resident.take(resident.nearest(vector, limit, self.where), columns)

    def saying(self, words: str, columns: Sequence[str], limit: int) -> tuple[pa.Table, dict[str, float]]:
        """The clips that best say any of the words, and the BM25 of each by its id."""
        resident = self.snapshot.resident
        asked = columns if resident is None else ["id"]
        found = self.place.store.saying(words, asked, limit, self.where.sql)
        bm25 = dict(zip(found["id"].to_pylist(), found["_score"].to_pylist(), strict=True))
        table = found.select(columns) if resident is None else self.rows(bm25.keys(), columns)
        return table, bm25

    def rows(self, ids: Collection[str], columns: Sequence[str]) -> pa.Table:
        """These clips, in no order; without those that are gone."""
        resident = self.snapshot.resident
        if resident is None:
            return self.place.store.rows(among("id", list(ids)), columns)
        return resident.take([resident.row[id] for id in ids if id in resident.row], columns)

    def of_video(self, video: str, columns: Sequence[str]) -> pa.Table:
        """All clips of a video, in no order."""
        return self.place.store.rows(among("video", [video]), columns)
