"""What a model's towers make of clips, kept for `reindex`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from hearsight.library.tables.errors import cannot_read, cannot_write, told
from hearsight.library.tables.maintenance import keep_up, make_indexes
from hearsight.library.tables.schema import among, features_schema
from hearsight.util.lancedb import lancedb

if TYPE_CHECKING:
    from hearsight.models.base import VideoTextModel


class Features:
    """A LanceDB table beside that of the clips, with a row for each of them.

    Every method raises HearsightError for a table that cannot be read or written.
    """

    def __init__(self, at: Path) -> None:
        """at: where the library is kept."""
        self.at = at

    @property
    def path(self) -> Path:
        """Where the table is, for those that write Lance themselves."""
        return self.at / "features.lance"

    @cached_property
    def table(self) -> Any:
        return lancedb.connect(str(self.at)).open_table("features")

    @told(cannot_write)
    def create(self, model: VideoTextModel) -> None:
        """Make the table for a model's towers, if it is missing, and what is missing of its indexes."""
        lancedb.connect(str(self.at)).create_table("features", schema=features_schema(model), exist_ok=True)
        make_indexes(self.table)

    @told(cannot_read)
    def ids(self) -> set[str]:
        """Of all clips whose features are kept."""
        return set(self._latest().search().select(["id"]).limit(None).to_arrow()["id"].to_pylist())

    @told(cannot_read)
    def of(self, ids: Sequence[str]) -> pa.Table:
        """What is kept of these clips, each once, in no order."""
        rows = self._latest().search().where(among("id", ids)).limit(None).to_arrow()
        first = {id: row for row, id in reversed(list(enumerate(rows["id"].to_pylist())))}
        return rows.take(pa.array(first.values(), pa.int64()))

    @told(cannot_write)
    def add(self, rows: Sequence[pa.Table]) -> None:
        """To be called before the clips are added, so that none is without. Interrupted runs may add some twice."""
        self.table.add(pa.concat_tables(rows))

    @told(cannot_write)
    def drop_videos(self, ids: Sequence[str] | frozenset[str]) -> None:
        self._latest().delete(among("video", ids))

    @told(cannot_write)
    def tidy(self, thorough: bool) -> int:
        """See `Store.tidy`. Returns the bytes of versions that nobody reads any more."""
        return keep_up(self._latest(), thorough).freed

    @told(cannot_write)
    def index_anew(self) -> None:
        make_indexes(self._latest(), anew=True)

    def _latest(self) -> Any:
        """The table as it is now: on a cluster, others write it."""
        self.table.checkout_latest()
        return self.table
