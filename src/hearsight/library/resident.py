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

from hearsight.library.schema import read_vectors

if TYPE_CHECKING:
    from hearsight.library.where import Where


class Resident:
    """table: the rows of all clips, with every column that searches read. Never changes."""

    def __init__(self, table: pa.Table) -> None:
        self.table = table.combine_chunks()
        self.row = {id: row for row, id in enumerate(table["id"].to_pylist())}
        self._pooled = torch.from_numpy(read_vectors(self.table, "pooled"))
        videos = self.table["video"].combine_chunks().dictionary_encode()
        self._video_names: list[str] = videos.dictionary.to_pylist()
        self._videos: NDArray[np.int64] = videos.indices.to_numpy().astype(np.int64)
        self._has = {name: np.array(self.table[name].to_pylist(), bool) for name in ("has_speech", "has_sound")}

    def nearest(self, vector: NDArray[np.float32], limit: int, where: Where) -> list[int]:
        """The rows whose pooled vectors are nearest to a text's, in no order."""
        near: NDArray[np.float32] = (self._pooled @ torch.from_numpy(vector)).numpy()
        passing = self._passing(where)
        rows = np.arange(len(near)) if passing is None else passing.nonzero()[0]
        if len(rows) > limit:
            rows = rows[np.argpartition(-near[rows], limit - 1)[:limit]]
        found: list[int] = rows.tolist()
        return found

    def _passing(self, where: Where) -> NDArray[np.bool_] | None:
        """Which rows a search may find; None for all."""
        masks = [self._has[name] == value for name in self._has if (value := getattr(where, name)) is not None]
        if where.videos is not None:
            masks.append(np.array([name in where.videos for name in self._video_names], bool)[self._videos])
        elif where.hidden:
            masks.append(np.array([name not in where.hidden for name in self._video_names], bool)[self._videos])
        return np.logical_and.reduce(masks) if masks else None

    def take(self, rows: Sequence[int], columns: Sequence[str]) -> pa.Table:
        return self.table.select(columns).take(pa.array(rows, pa.int64()))
