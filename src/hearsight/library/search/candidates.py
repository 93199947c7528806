"""Clips with what ranks them: their vectors, and what a query makes of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hearsight.library.tables.schema import EXTRA, VIDEO_LETTERS, read_mask, read_vectors

# Read by random access for every candidate, so one column more takes milliseconds: a clip's id tells its video.
COLUMNS = ("id", "pooled", "frames", "mask")
# The shape of one clip's tensor for each field that a model's similarity reads besides those (see `extra_shapes`).
Shapes = Mapping[str, tuple[int, ...]]


def columns(extra: Shapes) -> list[str]:
    """Return the columns that rank clips."""
    return [*COLUMNS, *(EXTRA + name for name in extra)]


@dataclass(frozen=True)
class ClipVectors:
    """The vectors of n clips.

    row_ids: of the table on disk, or row numbers of the table in memory. pooled: (n, D). frames: (n, F, D) float16 or
    float32, with mask (n, F). extra: (n, ...) float16 for each further field.
    """

    ids: list[str]
    row_ids: list[int]
    pooled: NDArray[np.float32]
    frames: NDArray[Any]
    mask: NDArray[np.bool_]
    extra: dict[str, NDArray[Any]]

    @classmethod
    def read(cls, table: pa.Table, extra: Shapes) -> ClipVectors:
        """Read the rows of a table that has `columns(extra)` and, if it is from a disk, `_rowid`."""
        row_ids = table["_rowid"].to_pylist() if "_rowid" in table.column_names else list(range(len(table)))
        mask = read_mask(table)
        n, F = mask.shape
        frames = read_vectors(table, "frames", np.float16)
        frames = frames.reshape(n, F, frames.shape[1] // F)
        return cls(
            table["id"].to_pylist(), row_ids, read_vectors(table, "pooled"), frames, mask, read_extra(table, extra)
        )

    @property
    def videos(self) -> list[str]:
        """The id of each clip's video."""
        return [id[:VIDEO_LETTERS] for id in self.ids]

    def take(self, rows: Sequence[int]) -> ClipVectors:
        """Return the clips of these rows, in this order."""
        rows = list(rows)
        return ClipVectors(
            [self.ids[row] for row in rows],
            [self.row_ids[row] for row in rows],
            self.pooled[rows],
            self.frames[rows],
            self.mask[rows],
            {name: values[rows] for name, values in self.extra.items()},
        )


def read_extra(table: pa.Table, extra: Shapes) -> dict[str, NDArray[Any]]:
    """Return further fields of clips, (n, ...) float16 each."""
    return {
        name: read_vectors(table, EXTRA + name, np.float16).reshape(len(table), *shape) for name, shape in extra.items()
    }


@dataclass(frozen=True)
class Candidates:
    """Clips, with what the query makes of each: lists and arrays with one entry a clip.

    videos: the number of the view that the clip was found in, and the id of its video. row_ids: see `ClipVectors`.
    similarity: the model's logits. per_frame: (clips, F) cosines, -1 for padding. bm25: 0 if no word matches.
    strength: see `Query.strength`.
    """

    ids: list[str]
    videos: list[tuple[int, str]]
    row_ids: list[int]
    similarity: NDArray[np.float32]
    per_frame: NDArray[np.float32]
    bm25: NDArray[np.float64]
    strength: NDArray[np.float64]

    @classmethod
    def join(cls, parts: Iterable[Candidates]) -> Candidates:
        """Join the candidates of several libraries."""
        parts = list(parts)
        if len(parts) == 1:
            return parts[0]
        arrays = ("similarity", "per_frame", "bm25", "strength")
        return cls(
            [id for part in parts for id in part.ids],
            [video for part in parts for video in part.videos],
            [row_id for part in parts for row_id in part.row_ids],
            *(np.concatenate([getattr(part, name) for part in parts]) for name in arrays),
        )
