"""All windows of an expert in a small library on disk, in memory, for a process that searches it again."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hearsight.library.search.clip_windows import ClipWindows


class LibraryWindows:
    """The windows of an expert, by clip. table: the rows of all windows."""

    def __init__(self, table: pa.Table) -> None:
        self._ids: list[str] = table["id"].unique().to_pylist()
        self._row_of = {id: row for row, id in enumerate(self._ids)}
        self._windows = ClipWindows.read(table, self._row_of)

    def nearest(self, vector: NDArray[np.float32], limit: int) -> list[str]:
        """Return the ids of the `limit` clips with the windows nearest to a vector, in any order."""
        scores = self._windows.best(vector[None], len(self._ids))[0]
        rows = np.argpartition(-scores, limit - 1)[:limit] if limit < len(scores) else range(len(scores))
        return [self._ids[row] for row in rows]

    def of_clips(self, ids: Iterable[str]) -> ClipWindows:
        """Return the windows of these clips, which are numbered by their position in `ids`."""
        return self._windows.take([self._row_of.get(id, -1) for id in ids])
