"""The videos of a library, as a mapping that builds each one on access, because there may be a hundred thousand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hearsight.library.tables.schema import VIDEOS, Video


class Videos(Mapping[str, Video]):
    """A mapping of videos by id. table: rows of VIDEOS."""

    def __init__(self, table: pa.Table) -> None:
        self.ids: pa.ChunkedArray = table["id"]
        self._table = table.select([name for name in VIDEOS.names if name in table.column_names])

    @cached_property
    def languages(self) -> frozenset[str | None]:
        """The languages of their transcripts, as two-letter codes; None for one that is not known."""
        return frozenset(self._table["language"].unique().to_pylist())

    @cached_property
    def _row_of(self) -> dict[str, int]:
        return {id: row for row, id in enumerate(self.ids.to_pylist())}

    @cached_property
    def _rows(self) -> list[tuple[Any, ...]]:
        return list(zip(*(column.to_pylist() for column in self._table.columns), strict=True))

    def __getitem__(self, id: str) -> Video:
        return Video(**dict(zip(self._table.column_names, self._rows[self._row_of[id]], strict=True)))

    def __contains__(self, id: object) -> bool:
        return id in self._row_of  # a search asks for each clip that it ranks: no video is built

    def __iter__(self) -> Iterator[str]:
        return iter(self._row_of)

    def __len__(self) -> int:
        return len(self.ids)


def count_clips(column: pa.ChunkedArray, videos: pa.ChunkedArray) -> tuple[int, frozenset[str]]:
    """Return how many clips are of existing videos, and the ids of the missing videos that the other clips are of.

    column: the id of each clip's video. No Python object is made for each, because there may be a million.
    """
    counts = column.value_counts()
    ids, numbers = counts.field("values"), counts.field("counts")
    existing = pc.is_in(ids, value_set=videos)
    return pc.sum(numbers.filter(existing)).as_py() or 0, frozenset(ids.filter(pc.invert(existing)).to_pylist())
