"""Holds the windows of clips: the vectors that an expert compares with a query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hearsight.library.tables.schema import read_vectors


@dataclass(frozen=True)
class ClipWindows:
    """The windows of clips, in order of `rows`.

    rows: (m,) for each window, the number of its clip. starts: (m,) seconds. vectors: (m, D).
    """

    rows: NDArray[np.int64]
    starts: NDArray[np.float64]
    vectors: NDArray[np.float32]

    @classmethod
    def read(cls, table: pa.Table, row_of: Mapping[str, int]) -> ClipWindows:
        """Read the rows of a table of windows. row_of: the number of each clip, by its id; windows of others are left.

        A clip may be there twice, after an interrupted run: its best window is the same.
        """
        rows = np.array([row_of.get(id, -1) for id in table["id"].to_pylist()], np.int64)
        order = np.argsort(rows, kind="stable")
        order = order[rows[order] >= 0]
        return cls(rows[order], table["start"].to_numpy()[order], read_vectors(table, "vector")[order])

    def best(self, queries: NDArray[np.float32], clips: int) -> NDArray[np.float32]:
        """Return the best score of each clip's windows, (N, clips), for N queries (N, D); NaN without a window."""
        scores = np.full((len(queries), clips), np.nan, np.float32)
        if len(self.rows):
            first = np.flatnonzero(np.diff(self.rows, prepend=-1))
            scores[:, self.rows[first]] = np.maximum.reduceat(queries @ self.vectors.T, first, axis=1)
        return scores

    def best_starts(self, query: NDArray[np.float32], clips: int) -> NDArray[np.float64]:
        """Return the second at which each clip's best window starts, (clips,), for a query (D,); NaN without one."""
        return self.best_pairs(query[None], clips)[1]

    def best_pairs(self, vectors: NDArray[np.float32], clips: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the score of the best pair of one of the vectors (m, D) with one of each clip's windows, (clips,).

        Also returns the second at which that window starts, (clips,). Both are NaN for a clip without windows.
        """
        scores, starts = np.full(clips, np.nan), np.full(clips, np.nan)
        of_windows = (vectors @ self.vectors.T).max(axis=0)
        order = np.lexsort((-of_windows, self.rows))
        first = order[np.flatnonzero(np.diff(self.rows[order], prepend=-1))]
        scores[self.rows[first]], starts[self.rows[first]] = of_windows[first], self.starts[first]
        return scores, starts

    def take(self, rows: Sequence[int]) -> ClipWindows:
        """Return the windows of these clips, which are numbered by their position in `rows`."""
        first, last = (np.searchsorted(self.rows, rows, side) for side in ("left", "right"))
        counts = last - first
        offsets = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)  # from each clip's first window
        windows = np.repeat(first, counts) + offsets
        numbers = np.repeat(np.arange(len(counts)), counts)
        return ClipWindows(numbers, self.starts[windows], self.vectors[windows])
