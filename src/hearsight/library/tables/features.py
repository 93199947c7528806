"""The tower features of clips, stored for `reindex`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from hearsight.library.tables.errors import read_error, translate_errors, write_error
from hearsight.library.tables.foreign_tables import check_table
from hearsight.library.tables.maintenance import create_indexes, maintain
from hearsight.library.tables.schema import features_schema, id_condition
from hearsight.util.lazy_lancedb import lancedb

if TYPE_CHECKING:
    from hearsight.models.base import VideoTextModel

EXPECTED = pa.schema([("id", pa.string()), ("video", pa.string())])  # in all; the other columns are the towers' own


class Features:
    """A LanceDB table with a row for each clip. Every method raises HearsightError if it cannot be read or written."""

    def __init__(self, location: Path, name: str | None = None) -> None:
        """location: the folder of the library. name: of the table; None for "features"."""
        self.location, self.name = location, name or "features"

    @property
    def path(self) -> Path:
        """The folder of the table, for code that writes Lance directly."""
        return self.location / f"{self.name}.lance"

    @cached_property
    def table(self) -> Any:
        return check_table(self.location, lancedb.connect(str(self.location)).open_table(self.name), EXPECTED)

    @translate_errors(write_error)
    def create(self, model: VideoTextModel) -> None:
        """Create the table for a model's towers and its indexes, as far as they are missing."""
        lancedb.connect(str(self.location)).create_table(self.name, schema=features_schema(model), exist_ok=True)
        create_indexes(self.table)

    @translate_errors(read_error)
    def ids(self) -> set[str]:
        """Return the ids of all clips whose features are stored."""
        return set(self._latest().search().select(["id"]).limit(None).to_arrow()["id"].to_pylist())

    @translate_errors(read_error)
    def rows(self, ids: Sequence[str]) -> pa.Table:
        """Return the rows of these clips, each once, in any order."""
        rows = self._latest().search().where(id_condition("id", ids)).limit(None).to_arrow()
        first = {id: row for row, id in reversed(list(enumerate(rows["id"].to_pylist())))}
        return rows.take(pa.array(first.values(), pa.int64()))

    @translate_errors(write_error)
    def add(self, rows: Sequence[pa.Table]) -> None:
        """Add rows, before their clips are added, so that no clip lacks them. Interrupted runs may add some twice."""
        self.table.add(pa.concat_tables(rows))

    @translate_errors(write_error)
    def drop_videos(self, ids: Iterable[str]) -> None:
        """Remove the features of these videos' clips."""
        self._latest().delete(id_condition("video", ids))

    @translate_errors(write_error)
    def maintain(self, thorough: bool) -> int:
        """Keep the table quick to read; see `Store.maintain`. Return the bytes that were freed."""
        return maintain(self._latest(), thorough).freed_bytes

    @translate_errors(write_error)
    def recreate_indexes(self) -> None:
        """Create the indexes again, whatever their state."""
        create_indexes(self._latest(), recreate=True)

    def _latest(self) -> Any:
        """Return the table as it is now: on a cluster, other processes write it."""
        self.table.checkout_latest()
        return self.table
