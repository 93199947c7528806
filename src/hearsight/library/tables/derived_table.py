"""A table of what an expert has made of the clips: it names the expert, and is made again for another one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from hearsight.library.reports import MaintenanceReport
from hearsight.library.tables.errors import read_derived_error, translate_errors, write_error
from hearsight.library.tables.foreign_tables import check_table
from hearsight.library.tables.library_files import remove
from hearsight.library.tables.maintenance import create_indexes, maintain
from hearsight.library.tables.schema import id_condition
from hearsight.util.lazy_lancedb import lancedb

FINGERPRINT = b"fingerprint"  # of the expert, in the metadata of a table's schema


class DerivedTable:
    """A LanceDB table with rows of clips: `id` is that of the clip, `video` that of its video.

    Every method raises HearsightError if it cannot be read or written.
    """

    def __init__(self, location: Path, name: str, expected: pa.Schema) -> None:
        """location: the folder of the library. name: of the table. expected: its schema; vectors have any width."""
        self.location, self.name, self.expected = location, name, expected

    @property
    def path(self) -> Path:
        return self.location / f"{self.name}.lance"

    @property
    def exists(self) -> bool:
        return self.path.is_dir()

    @cached_property
    def _table(self) -> Any:
        return check_table(self.location, lancedb.connect(str(self.location)).open_table(self.name), self.expected)

    def _latest(self) -> Any:
        self._table.checkout_latest()
        return self._table

    @translate_errors(read_derived_error)
    def fingerprint(self) -> str | None:
        """Return the fingerprint of the expert that made the rows; None in a table of an older Hearsight."""
        metadata = self._latest().schema.metadata or {}
        return metadata[FINGERPRINT].decode() if FINGERPRINT in metadata else None

    @translate_errors(write_error)
    def create_empty(self, schema: pa.Schema, fingerprint: str) -> None:
        """Create an empty table in place of whatever is there."""
        remove(self.path)
        self.__dict__.pop("_table", None)
        marked = schema.with_metadata({FINGERPRINT: fingerprint.encode()})
        lancedb.connect(str(self.location)).create_table(self.name, schema=marked)
        create_indexes(self._table)

    @translate_errors(read_derived_error)
    def ids(self) -> set[str]:
        """Return the ids of all clips that have rows."""
        return set(self._latest().search().select(["id"]).limit(None).to_arrow()["id"].to_pylist())

    @translate_errors(read_derived_error)
    def videos(self) -> set[str]:
        """Return the ids of all videos that have rows."""
        return set(self._latest().search().select(["video"]).limit(None).to_arrow()["video"].unique().to_pylist())

    @translate_errors(read_derived_error)
    def rows(self, columns: Sequence[str]) -> pa.Table:
        """Return these columns of all rows."""
        return self._latest().search().select(list(columns)).limit(None).to_arrow()

    @translate_errors(read_derived_error)
    def of_clips(self, ids: Iterable[str]) -> pa.Table:
        """Return the rows of these clips, in any order."""
        return self._latest().search().where(id_condition("id", ids)).limit(None).to_arrow()

    @translate_errors(write_error)
    def add(self, rows: pa.Table) -> None:
        self._table.add(rows)

    @translate_errors(write_error)
    def drop_clips(self, ids: Iterable[str]) -> None:
        """Remove the rows of these clips."""
        self._latest().delete(id_condition("id", ids))

    @translate_errors(write_error)
    def drop_videos(self, ids: Iterable[str]) -> None:
        """Remove the rows of these videos."""
        self._latest().delete(id_condition("video", ids))

    @translate_errors(write_error)
    def recreate_indexes(self) -> None:
        """Create the indexes again, whatever their state."""
        create_indexes(self._latest(), recreate=True)

    @translate_errors(write_error)
    def maintain(self, thorough: bool = False) -> MaintenanceReport:
        """Keep the table quick to search. thorough: do everything that can be done."""
        return maintain(self._latest(), thorough)
