"""The clips of a library in memory: for a server, whose searches follow each other closely.

A look into a table on disk costs its search a few milliseconds of every core, to read what the one before has read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from hearsight.library.search.bm25 import Postings
from hearsight.library.search.candidates import Ranked
from hearsight.library.search.query import Query, Said, stems

if TYPE_CHECKING:
    from hearsight.library.search.filters import Where


class Resident:
    """table: the rows of all clips, with every column that searches read. Never changes."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table.combine_chunks()
        self.ranked = Ranked.of(self.table)
        self._said = [stems(text or "") for text in self.table["transcript"].to_pylist()]
        self._postings = Postings(self._said)
        videos = self.table["video"].combine_chunks().dictionary_encode()
        self._video_names: list[str] = videos.dictionary.to_pylist()
        self._videos: NDArray[np.int64] = videos.indices.to_numpy().astype(np.int64)
        self._has = {name: np.array(self.table[name].to_pylist(), bool) for name in ("has_speech", "has_sound")}

    def nearest(self, vector: NDArray[np.float32], limit: int, where: Where) -> list[int]:
        """The rows whose pooled vectors are nearest to a text's, in no order."""
        near: NDArray[np.float32] = (torch.from_numpy(self.ranked.pooled) @ torch.from_numpy(vector)).numpy()
        passing = self._passing(where)
        return _highest(near, np.arange(len(near)) if passing is None else passing.nonzero()[0], limit)

    def saying(self, query: Query, limit: int, where: Where) -> dict[int, Said]:
        """The rows that best say any word of a query, with what that is worth."""
        scores = self._postings.bm25(query.content)
        passing = self._passing(where)
        found = scores > 0 if passing is None else passing & (scores > 0)
        enough = self._postings.matched(query.content) >= query.fewest
        return {
            row: Said(float(scores[row]), query.strength(self._said[row]) if enough[row] else 0.0)
            for row in _highest(scores, found.nonzero()[0], limit)
        }

    def _passing(self, where: Where) -> NDArray[np.bool_] | None:
        """Which rows a search may find; None for all."""
        masks = [self._has[name] == value for name in self._has if (value := getattr(where, name)) is not None]
        if where.videos is not None:
            masks.append(np.array([name in where.videos for name in self._video_names], bool)[self._videos])
        elif where.hidden:
            masks.append(np.array([name not in where.hidden for name in self._video_names], bool)[self._videos])
        return np.logical_and.reduce(masks) if masks else None

    def of_video(self, video: str, columns: Sequence[str]) -> pa.Table:
        """The rows of a video's clips, with their places as `_rowid`."""
        name = self._video_names.index(video) if video in self._video_names else -1
        rows = (self._videos == name).nonzero()[0]
        return self.rows(rows.tolist(), columns).append_column("_rowid", pa.array(rows))

    def rows(self, rows: Sequence[int], columns: Sequence[str]) -> pa.Table:
        return self.table.select(columns).take(pa.array(rows, pa.int64()))


def _highest(scores: NDArray[np.float32], rows: NDArray[np.int64], limit: int) -> list[int]:
    """Those rows that score highest, in no order."""
    if len(rows) > limit:
        rows = rows[np.argpartition(-scores[rows], limit - 1)[:limit]]
    found: list[int] = rows.tolist()
    return found
