"""A library as one search sees it: as it is at one moment, in memory or on disk, through filters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hearsight.library.results import Filters
from hearsight.library.search.candidates import COLUMNS, Ranked
from hearsight.library.search.filters import Where
from hearsight.library.search.query import Query, Said, stems
from hearsight.library.tables.schema import among
from hearsight.library.tables.store import Snapshot, Store


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
        snapshot = place.store.recent()
        return cls(place, snapshot, Where.of(filters, snapshot, besides))

    def candidates(
        self, vector: NDArray[np.float32] | None, query: Query | None, limit: int
    ) -> tuple[Ranked, dict[str, Said]]:
        """The clips nearest to a pooled vector and those that best say a query's words, each once.

        None for what is not asked, which is one of both at most. limit: how many of either. Also what the words are
        worth, by id, where any is said.
        """
        resident = self.snapshot.resident
        if resident is not None:
            said = resident.saying(query, limit, self.where) if query else {}
            near = resident.nearest(vector, limit, self.where) if vector is not None else []
            found = resident.ranked.take(list(dict.fromkeys([*near, *said])))
            return found, {resident.ranked.ids[row]: worth for row, worth in said.items()}
        return self._on_disk(vector, query, limit)

    def _on_disk(
        self, vector: NDArray[np.float32] | None, query: Query | None, limit: int
    ) -> tuple[Ranked, dict[str, Said]]:
        """As `candidates`. Both kinds are looked for at the same time, for either keeps one core busy."""
        store, where = self.place.store, self.where.sql
        found, worth = [], {}
        with ThreadPoolExecutor(1) as beside:
            words = query.spoken if query else ""
            saying = beside.submit(store.saying, words, [*COLUMNS, "transcript"], limit, where) if words else None
            near = None if vector is None else store.nearest(vector, COLUMNS, limit, where)
        if saying is not None and query is not None:
            said = saying.result()
            found.append(said)
            for clip in said.select(["id", "transcript", "_score"]).to_pylist():
                worth[clip["id"]] = Said(clip["_score"], query.strength(stems(clip["transcript"])))
        if near is not None:
            found.append(near)
        ranked = Ranked.of(pa.concat_tables(table.select([*COLUMNS, "_rowid"]) for table in found))
        # A clip may be found twice, and have come since the snapshot.
        first = {id: row for row, id in reversed(list(enumerate(ranked.ids)))}
        return ranked.take([row for row in first.values() if ranked.videos[row] in self.snapshot.videos]), worth

    def rows(self, at: Mapping[str, int], columns: Sequence[str]) -> pa.Table:
        """The rows of clips, in no order; without those that are gone. at: where they were found, by id."""
        if self.snapshot.resident is not None:
            return self.snapshot.resident.rows(list(at.values()), columns)
        store = self.place.store
        table = store.take(list(at.values()), columns)
        # Rows change their places when pieces are merged, which may be now.
        return table if set(table["id"].to_pylist()) == at.keys() else store.rows(among("id", list(at)), columns)

    def of_video(self, video: str, query: Query | None) -> tuple[Ranked, dict[str, Said]]:
        """All clips of a video, in no order, with how strongly they say a query's words, which is their BM25 here."""
        resident, columns = self.snapshot.resident, [*COLUMNS, "transcript"]
        if resident is not None:
            table = resident.of_video(video, columns)
        else:
            table = self.place.store.rows(among("video", [video]), columns)
        ranked = Ranked.of(table)
        if query is None:
            return ranked, {}
        strength = (query.strength(stems(text or "")) for text in table["transcript"].to_pylist())
        return ranked, {id: Said(worth, worth) for id, worth in zip(ranked.ids, strength, strict=True)}
