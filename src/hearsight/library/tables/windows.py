"""The windows of an expert: stretches of clips, each with a vector.

They are derived from the clips' rows, or from the sound of their files: a table that is lost, or was made by another
expert, is made again.

A table of sounds has rows for each video that has been listened to. If all of it is silent, it has one row with the id
of the video in place of that of a clip, which no search finds.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hearsight.library.tables.derived_table import DerivedTable
from hearsight.library.tables.errors import read_derived_error, translate_errors
from hearsight.library.tables.library_files import remove

PREFIX = "windows-"  # of the name of a table
TEXT = "text"  # before the name of an expert, for what is read in pictures
PLAIN_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
MAX_IN_MEMORY = 64 << 20  # bytes
SECONDS_BETWEEN_CHECKS = 0.25


def windows_schema(width: int) -> pa.Schema:
    """Return the schema of the windows of an expert. id: of the clip. start, end: seconds in its file."""
    return pa.schema(
        [
            pa.field("id", pa.string(), nullable=False),
            pa.field("video", pa.string(), nullable=False),
            pa.field("start", pa.float64(), nullable=False),
            pa.field("end", pa.float64(), nullable=False),
            pa.field("vector", pa.list_(pa.float16(), width)),
        ]
    )


def of_text(expert: str) -> str:
    """Return what the windows of a text expert are called that are read in pictures, and not said.

    No expert has such a name: a slash is only in what stands behind a colon.
    """
    return f"{TEXT}/{expert}"


def table_name(expert: str) -> str:
    """Return the name of the table of an expert, which may be a path, or any text of a stranger's file."""
    if PLAIN_NAME.fullmatch(expert):
        return f"{PREFIX}{expert}"
    readable = re.sub(r"[^a-z0-9]+", "-", expert.lower())[-40:].strip("-")
    return f"{PREFIX}{readable}-{hashlib.sha256(expert.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


class Windows(DerivedTable):
    """A table of windows. Every method raises HearsightError if it cannot be read or written."""

    def __init__(self, location: Path, expert: str) -> None:
        """location: the folder of the library. expert: its name."""
        super().__init__(location, table_name(expert), windows_schema(1))
        self._loaded: tuple[int, Any] = -1, None
        self._next_check = 0.0

    def create(self, width: int, fingerprint: str) -> None:
        """Create an empty table in place of whatever is there."""
        self.create_empty(windows_schema(width), fingerprint)

    @translate_errors(read_derived_error)
    def load(self, build: Callable[[pa.Table], Any]) -> Any:
        """Return what `build` makes of all windows, made once for each version of the table.

        Returns None at the first call for a version, which may be the only one of its process, and for a large table.
        """
        version, loaded = self._loaded
        if time.monotonic() < self._next_check and loaded is not None:
            return loaded
        self._next_check = time.monotonic() + SECONDS_BETWEEN_CHECKS
        table = self._latest()
        if table.version != version:
            self._loaded = table.version, None
        elif loaded is None and table.stats()["total_bytes"] <= MAX_IN_MEMORY:
            self._loaded = version, build(self.rows(["id", "start", "vector"]))
        return self._loaded[1]

    @property
    def loaded(self) -> Any:
        """Return what `load` has just returned; None if that was longer ago: the table may have changed."""
        return self._loaded[1] if time.monotonic() < self._next_check else None

    @translate_errors(read_derived_error)
    def nearest(self, vector: NDArray[np.float32], limit: int, condition: str | None) -> list[str]:
        """Return the ids of the clips with the windows nearest to a vector; one may be there several times."""
        query = self._latest().search(vector, vector_column_name="vector").distance_type("dot")
        if condition is not None:
            query = query.where(condition, prefilter=True)
        ids: list[str] = query.select(["id", "_distance"]).limit(limit).to_arrow()["id"].to_pylist()
        return ids


def drop_other_windows(location: Path, experts: Iterable[str]) -> None:
    """Remove the tables of all experts but these."""
    names = {table_name(expert) for expert in experts}
    for table in location.glob(f"{PREFIX}*.lance"):
        if table.stem not in names:
            remove(table)
