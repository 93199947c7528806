"""The pooled vectors of a small library in memory, for a process that searches it again.

A table that has no index of vectors yet (maintenance.py) is compared with a query from end to end. LanceDB decodes all
of its vectors for that, in every search: 16 ms for 10,000 of 512 numbers, where a product of matrices takes 3.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hearsight.library.tables.maintenance import EXACT_BELOW
from hearsight.library.tables.schema import read_vectors

MAX_BYTES = 64 << 20


class _Version(NamedTuple):
    """A version of a table that has been searched.

    row_ids: (n,). vectors: (n, D); None if they are not in memory. row_id_of: the row id of each clip, by its id.
    """

    table: Any
    number: int
    searched_again: bool = False
    row_ids: NDArray[np.uint64] | None = None
    vectors: NDArray[np.float32] | None = None
    row_id_of: dict[str, int] | None = None


class PooledVectors:
    """The pooled vectors of the version of a table that was searched last."""

    def __init__(self) -> None:
        self._version = _Version(None, 0)

    def nearest(self, table: Any, vector: NDArray[np.float32], limit: int) -> list[int] | None:
        """Return the row ids of the clips whose vectors have the largest products with a vector, in any order.

        Returns None where LanceDB shall search: at the first search of a version of the table, which may be the only
        one of its process, and in a table that is too large.
        """
        version, number = self._version, table.version
        if version.table is not table or version.number != number:
            self._version = _Version(table, number)
            return None
        if not version.searched_again:
            self._version = version = _read(table, number, len(vector))
        if version.vectors is None or version.row_ids is None:
            return None
        products = version.vectors @ vector
        rows = np.argpartition(-products, limit - 1)[:limit] if limit < len(products) else slice(None)
        nearest: list[int] = version.row_ids[rows].tolist()
        return nearest

    def row_ids(self, table: Any, ids: set[str]) -> list[int] | None:
        """Return the row ids of clips; None if they are not in memory. Clips that are not in the table are left out."""
        version = self._version
        if version.row_id_of is None or version.table is not table or version.number != table.version:
            return None
        return [version.row_id_of[id] for id in ids if id in version.row_id_of]


def _read(table: Any, number: int, width: int) -> _Version:
    """Read the vectors of a version of a table, unless they are too many."""
    rows = table.count_rows()
    if rows >= EXACT_BELOW or 4 * width * rows > MAX_BYTES:
        return _Version(table, number, searched_again=True)
    vectors = table.search().select(["id", "pooled"]).with_row_id(True).limit(None).to_arrow()
    row_ids = vectors["_rowid"].to_numpy()
    row_id_of = dict(zip(vectors["id"].to_pylist(), row_ids.tolist(), strict=True))
    return _Version(table, number, True, row_ids, read_vectors(vectors, "pooled"), row_id_of)
