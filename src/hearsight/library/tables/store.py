"""The tables of a library on disk, and consistent snapshots of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hearsight.library.reports import MaintenanceReport
from hearsight.library.results import Failure
from hearsight.library.tables.calibration_file import FILE as CALIBRATION
from hearsight.library.tables.calibration_file import Calibration
from hearsight.library.tables.errors import UnreadableError, read_error, translate_errors, write_error
from hearsight.library.tables.features import Features
from hearsight.library.tables.foreign_tables import check_table, check_videos
from hearsight.library.tables.library_files import remove, stamp
from hearsight.library.tables.library_json import Identity
from hearsight.library.tables.maintenance import KEEP_VERSIONS, add_words, create_indexes, maintain
from hearsight.library.tables.pooled_vectors import PooledVectors
from hearsight.library.tables.schema import (
    FAILURES,
    VIDEO_LETTERS,
    VIDEOS,
    Video,
    clips_schema,
    id_condition,
    model_schema,
    video_table,
)
from hearsight.library.tables.snapshot import Snapshot
from hearsight.library.tables.texts import Texts
from hearsight.library.tables.transcript_index import TranscriptIndex
from hearsight.library.tables.videos import Videos, count_clips
from hearsight.library.tables.windows import Windows
from hearsight.util.lazy_lancedb import lancedb

if TYPE_CHECKING:
    from hearsight.models.base import VideoTextModel

# The number of partitions of the vector index that are searched: all, because there are never so many. Texts lie apart
# from pictures, so the clips nearest to one are in many partitions: a quarter of them hold 96 % (docs/performance.md).
PARTITIONS = 4096
# The tables that an update can fill again without encoding a clip.
SMALL = {"videos": VIDEOS, "failures": FAILURES}
MAX_IN_MEMORY = 512 << 20  # bytes
SECONDS_BETWEEN_CHECKS = 0.25

Load = Callable[[pa.Table, Mapping[str, pa.Table], pa.Table | None], Any]


class Store:
    """The LanceDB tables of a library: videos, clips, failures and, if they are stored, features (features.py).

    Every commit is atomic for one table. Clips are written first, then the videos that they complete. Every method
    raises HearsightError if the tables cannot be read or written.
    """

    def __init__(self, location: Path, identity: Identity, load: Load | None = None) -> None:
        """identity: the expected identity of the library.

        load: called with all clips, without their thumbnails, the windows of each expert, and what is read in pictures
        (None where nothing is), to keep them in memory for searches: after each change, unless the clips take more than
        MAX_IN_MEMORY.
        """
        self.location = location
        self.features = Features(location, identity.features) if identity.towers else None
        self._identity = identity
        self._load = load
        self._windows: dict[str, Windows] = {}
        self._snapshot: tuple[tuple[Any, ...], Snapshot] | None = None
        self._lock, self._next_check = Lock(), 0.0
        self._pooled = PooledVectors()
        self._created = self._creation_stamp()

    @cached_property
    def _database(self) -> Any:
        return lancedb.connect(str(self.location))

    @translate_errors(write_error)
    def create(self, model: VideoTextModel) -> None:
        """Create the missing tables for a model's vectors: all, or those that an interrupted run had not reached."""
        if (self.location / "videos.lance").exists():
            missing = [field for field in VIDEOS if field.name not in self.videos.schema.names]
            if missing:  # in the table of an older Hearsight
                self.videos.add_columns(missing)
        for name, schema in {**SMALL, self.clips_path.stem: model_schema(model)}.items():
            if not (self.location / f"{name}.lance").exists():  # that of an older Hearsight has another schema
                self._database.create_table(name, schema=schema, exist_ok=True)
        create_indexes(self.clips)
        if self.features:
            self.features.create(model)

    @cached_property
    def videos(self) -> Any:
        return check_table(self.location, self._database.open_table("videos"), VIDEOS)

    @cached_property
    def clips(self) -> Any:
        return check_table(self.location, self._database.open_table(self.clips_path.stem), clips_schema(1, 1, 1))

    @property
    def clips_path(self) -> Path:
        """The folder of the table of clips, for code that writes Lance directly."""
        return self.location / f"{self._identity.clips}.lance"

    @cached_property
    def _failures(self) -> Any:
        return check_table(self.location, self._database.open_table("failures"), FAILURES)

    @property
    def tables(self) -> list[str]:
        """The names of all tables of the library."""
        return [*SMALL, self.clips_path.stem, *([self.features.path.stem] if self.features else [])]

    @translate_errors(read_error)
    def snapshot(self) -> Snapshot:
        """Return the current state. It is cached until one of the tables changes."""
        with self._lock:
            return self._check()

    @translate_errors(read_error)
    def recent_snapshot(self) -> Snapshot:
        """Return the state of a moment ago, for searches: with clips in memory, the tables are not checked every time.

        Do not base writes on it: clips of a video that was added since would look like orphans.
        """
        with self._lock:
            if self._snapshot is not None and self._snapshot[1].loaded and time.monotonic() < self._next_check:
                return self._snapshot[1]
            return self._check()

    def _check(self) -> Snapshot:
        self._next_check = time.monotonic() + SECONDS_BETWEEN_CHECKS
        self._follow_rebuild()
        self.videos.checkout_latest()
        self.clips.checkout_latest()
        versions = (self.videos.version, self.clips.version, stamp(self.location / CALIBRATION))
        if self._snapshot is None or self._snapshot[0] != versions:
            videos = Videos(check_videos(self.location, self.videos.to_arrow()))
            clips, hidden = count_clips(self._columns(["video"])["video"], videos.ids)
            calibration = self._read_calibration()
            loaded = self._load_clips(calibration)
            self._snapshot = versions, Snapshot(videos, hidden, clips, loaded, calibration=calibration)
        return self._snapshot[1]

    def _follow_rebuild(self) -> None:
        """Reopen the tables if they were created anew: the open ones count other versions by the same numbers.

        Raises UnreadableError for tables of another model, because the caller has the old one. After `reindex`, the old
        model's vectors are still there for a while.
        """
        created = self._creation_stamp()
        if created == self._created:
            return
        self._snapshot = None
        identity, expected = Identity.read(self.location), self._identity
        if identity and identity.fingerprint != expected.fingerprint:
            if identity.former != expected.clips:
                raise UnreadableError(
                    f"the library at {self.location} was made anew meanwhile, with the model {identity.model}; "
                    "start this again"
                )
        elif identity:
            self._identity = identity
        self.features = Features(self.location, self._identity.features) if self._identity.towers else None
        self._windows = {}
        for name in ("_database", "videos", "clips", "_failures", "texts"):
            self.__dict__.pop(name, None)
        self._created = created

    def _creation_stamp(self) -> tuple[int, int] | None:
        """Return what changes whenever a library is created, which library.json completes; None while it is missing."""
        return stamp(self.location / "library.json")

    def _read_calibration(self) -> Calibration | None:
        calibration = Calibration.read(self.location)
        if calibration is None or calibration.model != self._identity.fingerprint:
            return None
        missing = [name for name in calibration.windows if not self.windows(name).exists]
        return None if missing or (calibration.readers and not self.texts.exists) else calibration

    @cached_property
    def texts(self) -> Texts:
        """The table of what is read in pictures, which may not exist."""
        return Texts(self.location)

    def windows(self, expert: str) -> Windows:
        """Return the table of an expert's windows, which may not exist."""
        return self._windows.setdefault(expert, Windows(self.location, expert))

    @translate_errors(read_error)
    def clips_version(self) -> int:
        """Return the number of the version of the table of clips."""
        self.clips.checkout_latest()
        return int(self.clips.version)

    @translate_errors(read_error)
    def partial(self) -> dict[str, set[str]]:
        """Return the clips of videos that are not complete: clip ids by video id."""
        hidden = self.snapshot().hidden
        clips: dict[str, set[str]] = {video: set() for video in hidden}
        if hidden:
            for row in self.rows(id_condition("video", hidden), ["id", "video"]).to_pylist():
                clips[row["video"]].add(row["id"])
        return clips

    def _columns(self, names: Sequence[str]) -> pa.Table:
        return self.clips.search().select(names).limit(None).to_arrow()

    def _load_clips(self, calibration: Calibration | None) -> Any:
        if self._load is None or self.clips.stats()["total_bytes"] > MAX_IN_MEMORY:
            return None
        clips = self._columns([name for name in self.clips.schema.names if name != "thumbnail"])
        if calibration is None:
            return self._load(clips, {}, None)
        windows = {name: self.windows(name).rows(["id", "start", "vector"]) for name in calibration.windows}
        return self._load(
            clips, windows, self.texts.rows(["id", *self.texts.index.columns, "lines"]) if calibration.readers else None
        )

    @translate_errors(read_error)
    def failures(self) -> dict[str, tuple[Failure, str]]:
        """Return each failure and the file's stat then, by path."""
        self._failures.checkout_latest()
        rows = self._failures.to_arrow().to_pylist()
        return {row["path"]: (Failure(row["path"], row["reason"], row["when"]), row["stat"]) for row in rows}

    @translate_errors(read_error)
    def nearest(self, vector: NDArray[np.float32], limit: int, condition: str | None) -> list[int]:
        """Return the row ids of the clips whose pooled vectors are nearest to a vector, in any order."""
        if condition is None and (row_ids := self._pooled.nearest(self.clips, vector, limit)) is not None:
            return row_ids
        query = self.clips.search(vector, vector_column_name="pooled").distance_type("dot")
        nearest = _fetch(query.nprobes(PARTITIONS), ["_distance"], limit, condition)
        return nearest["_rowid"].to_pylist()  # type: ignore[no-any-return]

    @translate_errors(read_error)
    def row_ids(self, ids: set[str]) -> list[int]:
        """Return the row ids of clips, in any order."""
        row_ids = self._pooled.row_ids(self.clips, ids)
        return self.rows(id_condition("id", ids), ["id"])["_rowid"].to_pylist() if row_ids is None else row_ids

    @translate_errors(read_error)
    def matching(self, words: str, columns: Sequence[str], limit: int, condition: str | None) -> pa.Table:
        """Return the clips whose transcripts best match any of the words, with their BM25 as `_score`, and `_rowid`."""
        return _fetch(self.transcripts.matching(words), [*columns, "_score"], limit, condition)

    @property
    def transcripts(self) -> TranscriptIndex:
        """The full-text index of the transcripts, as of now."""
        return TranscriptIndex(self.location, self.clips)

    @translate_errors(read_error)
    def rows(self, condition: str, columns: Sequence[str]) -> pa.Table:
        """Return all clips that meet an SQL condition, with their `_rowid`."""
        return self.clips.search().where(condition).select(columns).with_row_id(True).limit(None).to_arrow()

    @translate_errors(read_error)
    def take(self, row_ids: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """Return the clips with these row ids, in any order, with `_rowid`, without those whose row has moved since."""
        return self.clips.take_row_ids(list(row_ids)).select(list(columns)).with_row_id().to_arrow()

    @translate_errors(read_error)
    def head(self, columns: Sequence[str], limit: int) -> pa.Table:
        """Return the first clips of complete videos."""
        return self.clips.search().where(self._of_complete_videos()).select(columns).limit(limit).to_arrow()

    @translate_errors(read_error)
    def count(self, condition: str) -> int:
        """Return the number of clips of complete videos that meet an SQL condition."""
        return int(self.clips.count_rows(f"{condition} AND {self._of_complete_videos()}"))

    def batches(self, columns: Sequence[str], batch_size: int) -> Iterator[pa.Table]:
        """Yield all clips of complete videos, in batches."""
        try:
            dataset = self.clips.to_lance()
            for batch in dataset.to_batches(
                columns=list(columns), filter=self._of_complete_videos(), batch_size=batch_size
            ):
                yield pa.Table.from_batches([batch])
        except (OSError, RuntimeError, ValueError) as error:
            raise read_error(self.location, error) from error

    def _of_complete_videos(self) -> str:
        """Return the SQL condition that clips count."""
        return f"NOT ({id_condition('video', self.snapshot().hidden)})"

    @translate_errors(read_error)
    def ids(self) -> set[str]:
        """Return the ids of all clips."""
        return set(self._columns(["id"])["id"].to_pylist())

    @translate_errors(read_error)
    def complete_ids(self) -> list[str]:
        """Return the ids of all clips of complete videos."""
        hidden = self.snapshot().hidden
        return [id for id in self._columns(["id"])["id"].to_pylist() if id[:VIDEO_LETTERS] not in hidden]

    @translate_errors(write_error)
    def add_clips(self, rows: Sequence[pa.Table]) -> None:
        """Add clips. They count when their video is added."""
        self.clips.add(pa.concat_tables(rows))

    @translate_errors(write_error)
    def add_words(self, words: Callable[[pa.RecordBatch], pa.RecordBatch]) -> None:
        """Add the column of words to a table that lacks it.

        words: makes it of rows with `video`, `transcript` and `lines`.
        """
        add_words(self.clips, ["transcript", "lines"], words)

    @translate_errors(write_error)
    def drop_clips(self, ids: Sequence[str]) -> None:
        """Remove clips."""
        self.clips.delete(id_condition("id", ids))

    @translate_errors(write_error)
    def put_videos(self, videos: Sequence[Video]) -> None:
        """Add complete videos. Each replaces the video with the same path."""
        merge = self.videos.merge_insert("path").when_matched_update_all().when_not_matched_insert_all()
        merge.execute(video_table(videos))

    @translate_errors(write_error)
    def move_videos(self, videos: Sequence[Video]) -> None:
        """Write new paths and stats of existing videos."""
        self.videos.merge_insert("id").when_matched_update_all().execute(video_table(videos))

    @translate_errors(write_error)
    def drop_videos(self, ids: Sequence[str]) -> None:
        """Remove videos. Their clips do not count any more."""
        self.videos.delete(id_condition("id", ids))

    @translate_errors(write_error)
    def put_failures(self, failures: dict[str, tuple[Failure, str]]) -> None:
        """Replace the table of failures."""
        rows = [{**vars(failure), "stat": stat} for failure, stat in failures.values()]
        self._failures.add(pa.Table.from_pylist(rows, schema=FAILURES), mode="overwrite")

    @translate_errors(write_error)
    def drop_hidden(self, exclude: Set[str] = frozenset()) -> None:
        """Remove clips whose video has no row. exclude: ids of videos whose rows will be added."""
        if hidden := self.snapshot().hidden - exclude:
            self.clips.delete(id_condition("video", hidden))
            if self.features:
                self.features.drop_videos(hidden)

    @translate_errors(write_error)
    def maintain(self, thorough: bool = False) -> MaintenanceReport:
        """Keep the tables quick to search, after an update. thorough: do everything that can be done, to windows, too.

        Windows are filled after this by an update, which then maintains them itself.
        """
        self.clips.checkout_latest()
        report = maintain(self.clips, thorough)
        calibration = self.snapshot().calibration if thorough else None
        for expert in calibration.windows if calibration else ():
            report.add(self.windows(expert).maintain(thorough))
        if calibration and calibration.readers:
            report.add(self.texts.maintain(thorough))
        if self.features:
            report.freed_bytes += self.features.maintain(thorough)
        for small in (self.videos, self._failures):
            small.optimize(cleanup_older_than=KEEP_VERSIONS)
        return report

    @translate_errors(write_error)
    def empty(self, name: str) -> None:
        """Replace one of the small tables by an empty one, whatever its state."""
        remove(self.location / f"{name}.lance")
        self._database.create_table(name, schema=SMALL[name])

    @translate_errors(write_error)
    def recreate_indexes(self) -> None:
        """Create the indexes again, whatever their state."""
        create_indexes(self.clips, recreate=True)
        if self.features:
            self.features.recreate_indexes()
        if self.texts.exists:
            self.texts.recreate_indexes()


def _fetch(query: Any, columns: list[str], limit: int, condition: str | None) -> pa.Table:
    if condition is not None:
        query = query.where(condition, prefilter=True)
    return query.select(columns).with_row_id(True).limit(limit).to_arrow()
