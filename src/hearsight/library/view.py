"""A library as one search sees it: as it is at one moment, in memory or on disk, through filters."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hearsight.library.ranked import COLUMNS, Ranked
from hearsight.library.results import Filters
from hearsight.library.store import Snapshot, Store, among
from hearsight.library.where import Where
from hearsight.library.words import Query

# A transcript is only read where it may have words of the query in it.
UNREAD = [column for column in COLUMNS if column != "transcript"]


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

    def candidates(
        self, vector: NDArray[np.float32] | None, query: Query | None, limit: int
    ) -> tuple[Ranked, dict[str, float]]:
        """The clips nearest to a pooled vector and those that best say a query's words, each once.

        None for what is not asked. limit: how many of either. Also the BM25, by id, of those that say the words.
        """
        resident = self.snapshot.resident
        if resident is not None:
            said = resident.saying(query.content, limit, self.where) if query else {}
            near = resident.nearest(vector, limit, self.where) if vector is not None else []
            found = resident.ranked.take(list(dict.fromkeys([*near, *said])))
            return found, {resident.ranked.ids[row]: score for row, score in said.items()}
        return self._on_disk(vector, query, limit)

    def _on_disk(
        self, vector: NDArray[np.float32] | None, query: Query | None, limit: int
    ) -> tuple[Ranked, dict[str, float]]:
        """As `candidates`. Both kinds are looked for at the same time, for either keeps one core busy."""
        store, where = self.place.store, self.where.sql
        found, bm25 = [store.clips.schema.empty_table().select(COLUMNS)], {}
        with ThreadPoolExecutor(1) as beside:
            words = query.spoken if query and query.content else ""
            saying = beside.submit(lambda: store.saying(words, COLUMNS, limit, where)) if words else None
            near = None if vector is None else store.nearest(vector, UNREAD, limit, where)
        if saying is not None:
            said = saying.result()
            bm25 = dict(zip(said["id"].to_pylist(), said["_score"].to_pylist(), strict=True))
            found.append(said.select(COLUMNS))
        if near is not None:
            found.append(near.select(UNREAD))
        ranked = Ranked.of(pa.concat_tables(found, promote_options="default"))
        # A clip may be found twice, first by what it says, and have come since the snapshot.
        first = {id: row for row, id in reversed(list(enumerate(ranked.ids)))}
        return ranked.take([row for row in first.values() if ranked.videos[row] in self.snapshot.videos]), bm25

    def rows(self, ids: Collection[str], columns: Sequence[str]) -> pa.Table:
        """These clips, in no order; without those that are gone."""
        if self.snapshot.resident is not None:
            return self.snapshot.resident.rows(ids, columns)
        return self.place.store.rows(among("id", list(ids)), columns)

    def of_video(self, video: str) -> Ranked:
        """All clips of a video, in no order."""
        return Ranked.of(self.place.store.rows(among("video", [video]), COLUMNS))
