"""Clips with all that ranks them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hearsight.library.tables.schema import VIDEO_LETTERS, read_mask, read_vectors

# Read by random access for every candidate, so one column more takes milliseconds: a clip's id tells its video.
COLUMNS = ["id", "pooled", "frames", "mask"]


@dataclass(frozen=True)
class Ranked:
    """n clips. at: where to find them again: the table's row ids, or its rows if it is in memory. pooled: (n, D).
    frames: (n, F, D) float16 or float32, with mask (n, F).
    """

    ids: list[str]
    videos: list[str]
    at: list[int]
    pooled: NDArray[np.float32]
    frames: NDArray[Any]
    mask: NDArray[np.bool_]

    @classmethod
    def of(cls, table: pa.Table) -> Ranked:
        ids = table["id"].to_pylist()
        videos = [id[:VIDEO_LETTERS] for id in ids]
        at = table["_rowid"].to_pylist() if "_rowid" in table.column_names else list(range(len(table)))
        mask = read_mask(table)
        n, F = mask.shape
        frames = read_vectors(table, "frames", np.float16)
        frames = frames.reshape(n, F, frames.shape[1] // F)
        return cls(ids, videos, at, read_vectors(table, "pooled"), frames, mask)

    def take(self, rows: list[int]) -> Ranked:
        return Ranked(
            [self.ids[row] for row in rows],
            [self.videos[row] for row in rows],
            [self.at[row] for row in rows],
            self.pooled[rows],
            self.frames[rows],
            self.mask[rows],
        )
