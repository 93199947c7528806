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
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hearsight.library.reports import MaintenanceReport
from hearsight.library.tables.errors import read_windows_error, translate_errors, write_error
from hearsight.library.tables.library_files import remove
from hearsight.library.tables.maintenance import create_indexes, maintain
from hearsight.library.tables.schema import id_condition
from hearsight.util.lazy_lancedb import lancedb

PREFIX = "windows-"  # of the name of a table
PLAIN_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
FINGERPRINT = b"fingerprint"  # of the expert, in the metadata of a table's schema
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


def table_name(expert: str) -> str:
    """Return the name of the table of an expert, which may be a path, or any text of a stranger's file."""
    if PLAIN_NAME.fullmatch(expert):
        return f"{PREFIX}{expert}"
    readable = re.sub(r"[^a-z0-9]+", "-", expert.lower())[-40:].strip("-")
    return f"{PREFIX}{readable}-{hashlib.sha256(expert.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


class Windows:
    """A LanceDB table of windows. Every method raises HearsightError if it cannot be read or written."""

    def __init__(self, location: Path, expert: str) -> None:
        """location: the folder of the library. expert: its name."""
        self.location, self.name = location, table_name(expert)
        self._loaded: tuple[int, Any] = -1, None
        self._next_check = 0.0

    @property
    def path(self) -> Path:
        return self.location / f"{self.name}.lance"

    @cached_property
    def _table(self) -> Any:
        return lancedb.connect(str(self.location)).open_table(self.name)

    def _latest(self) -> Any:
        self._table.checkout_latest()
        return self._table

    @translate_errors(read_windows_error)
    def fingerprint(self) -> str | None:
        """Return the fingerprint of the expert that the vectors are of; None in a table of an older Hearsight."""
        metadata = self._latest().schema.metadata or {}
        return metadata[FINGERPRINT].decode() if FINGERPRINT in metadata else None

    @translate_errors(write_error)
    def create(self, width: int, fingerprint: str) -> None:
        """Create an empty table in place of whatever is there."""
        remove(self.path)
        self.__dict__.pop("_table", None)
        schema = windows_schema(width).with_metadata({FINGERPRINT: fingerprint.encode()})
        lancedb.connect(str(self.location)).create_table(self.name, schema=schema)
        create_indexes(self._table)

    @translate_errors(read_windows_error)
    def ids(self) -> set[str]:
        """Return the ids of all clips that have windows."""
        return set(self._latest().search().select(["id"]).limit(None).to_arrow()["id"].to_pylist())

    @translate_errors(read_windows_error)
    def videos(self) -> set[str]:
        """Return the ids of all videos that have rows."""
        return set(self._latest().search().select(["video"]).limit(None).to_arrow()["video"].unique().to_pylist())

    @translate_errors(read_windows_error)
    def rows(self, columns: Sequence[str]) -> pa.Table:
        """Return these columns of all windows."""
        return self._latest().search().select(list(columns)).limit(None).to_arrow()

    @translate_errors(read_windows_error)
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

    @translate_errors(read_windows_error)
    def of_clips(self, ids: Iterable[str]) -> pa.Table:
        """Return the windows of these clips, in any order."""
        return self._table.search().where(id_condition("id", ids)).limit(None).to_arrow()

    @translate_errors(read_windows_error)
    def nearest(self, vector: NDArray[np.float32], limit: int, condition: str | None) -> list[str]:
        """Return the ids of the clips with the windows nearest to a vector; one may be there several times."""
        query = self._table.search(vector, vector_column_name="vector").distance_type("dot")
        if condition is not None:
            query = query.where(condition, prefilter=True)
        ids: list[str] = query.select(["id", "_distance"]).limit(limit).to_arrow()["id"].to_pylist()
        return ids

    @translate_errors(write_error)
    def add(self, rows: pa.Table) -> None:
        self._table.add(rows)

    @translate_errors(write_error)
    def drop_clips(self, ids: Iterable[str]) -> None:
        """Remove the windows of these clips."""
        self._latest().delete(id_condition("id", ids))

    @translate_errors(write_error)
    def drop_videos(self, ids: Iterable[str]) -> None:
        """Remove the rows of these videos."""
        self._latest().delete(id_condition("video", ids))

    @translate_errors(write_error)
    def maintain(self, thorough: bool = False) -> MaintenanceReport:
        """Keep the table quick to search. thorough: do everything that can be done."""
        return maintain(self._latest(), thorough)


def drop_other_windows(location: Path, experts: Iterable[str]) -> None:
    """Remove the tables of all experts but these."""
    names = {table_name(expert) for expert in experts}
    for table in location.glob(f"{PREFIX}*.lance"):
        if table.stem not in names:
            remove(table)
