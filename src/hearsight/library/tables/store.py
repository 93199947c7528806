"""The tables of a library on disk, and consistent looks at them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from hearsight.library.results import Failure, Upkeep
from hearsight.library.search.in_memory import Resident
from hearsight.library.tables.disk import remove
from hearsight.library.tables.errors import cannot_read, cannot_write, told
from hearsight.library.tables.features import Features
from hearsight.library.tables.identity import Identity, UnreadableError
from hearsight.library.tables.maintenance import KEEP_VERSIONS, keep_up, make_indexes
from hearsight.library.tables.schema import FAILURES, VIDEOS, Video, among, clips_schema, video_table
from hearsight.library.tables.videos import Videos
from hearsight.util.lancedb import MatchQuery, lancedb

if TYPE_CHECKING:
    from hearsight.models.base import VideoTextModel

# Every column that searches read: all but the pictures.
SEARCHED = [
    "id", "video", "start", "end", "pooled", "frames", "mask", "without_audio", "without_speech", "without_both",
    "gates", "transcript", "lines", "has_speech", "has_sound",
]  # fmt: skip
# Of an index of vectors, so many partitions are searched: all, for there are never so many. Texts stand off from
# pictures, so what is nearest to one lies in many partitions: a quarter of them have 96 % of it (docs/performance.md).
PARTITIONS = 4096
# What an update makes again without encoding a clip.
SMALL = {"videos": VIDEOS, "failures": FAILURES}
MOST_RESIDENT = 512 << 20  # bytes
SECONDS_BETWEEN_LOOKS = 0.25


@dataclass(frozen=True)
class Snapshot:
    """The videos of a library by id, and the ids that clips have whose video does not count (yet, or any more).

    resident: the clips in memory, where the store keeps them there.
    """

    videos: Videos
    hidden: frozenset[str]
    clips: int
    resident: Resident | None = None


class Store:
    """Three LanceDB tables: videos, clips, failures; and one of features (features.py), where a library keeps them.

    Every commit is atomic for one table. Clips are written first, then the videos that they complete. Every method
    raises HearsightError for tables that cannot be read or written.
    """

    def __init__(self, at: Path, identity: Identity, resident: bool = False) -> None:
        """identity: what the library is expected to be.

        resident: keep in memory what searches read, unless the table of clips takes more than MOST_RESIDENT.
        """
        self.at = at
        self.features = Features(at) if identity.towers else None
        self._identity = identity
        self._resident = resident
        self._snapshot: tuple[tuple[int, int], Snapshot] | None = None
        self._looking, self._next_look = Lock(), 0.0
        self._made = self._when_made()

    @cached_property
    def _database(self) -> Any:
        return lancedb.connect(str(self.at))

    @told(cannot_write)
    def create(self, model: VideoTextModel) -> None:
        """Make the tables that are missing, for a model's vectors: all, or those an interrupted run did not come to."""
        clips = clips_schema(model.config.frames, model.width, model.text_width)
        for name, schema in {**SMALL, self.clips_at.stem: clips}.items():
            self._database.create_table(name, schema=schema, exist_ok=True)
        make_indexes(self.clips)
        if self.features:
            self.features.create(model)

    @cached_property
    def videos(self) -> Any:
        return self._database.open_table("videos")

    @cached_property
    def clips(self) -> Any:
        return self._database.open_table(self.clips_at.stem)

    @property
    def clips_at(self) -> Path:
        """Where the table of clips is kept, for those that write Lance themselves."""
        return self.at / f"{self._identity.clips}.lance"

    @cached_property
    def _failures(self) -> Any:
        return self._database.open_table("failures")

    @property
    def tables(self) -> list[str]:
        """The names of all that the library has."""
        return [*SMALL, self.clips_at.stem, *([self.features.path.stem] if self.features else [])]

    # Reading

    @told(cannot_read)
    def snapshot(self) -> Snapshot:
        """What is there now. Kept until one of the tables changes."""
        with self._looking:
            return self._look()

    @told(cannot_read)
    def recent(self) -> Snapshot:
        """What was there a moment ago, for searches: where it is in memory, it is not checked at every turn.

        Never to be written by: clips of a video that has come since would be taken for those of none.
        """
        with self._looking:
            if self._snapshot is not None and self._snapshot[1].resident and time.monotonic() < self._next_look:
                return self._snapshot[1]
            return self._look()

    def _look(self) -> Snapshot:
        self._next_look = time.monotonic() + SECONDS_BETWEEN_LOOKS
        self._follow_rebuild()
        self.videos.checkout_latest()
        self.clips.checkout_latest()
        versions = (self.videos.version, self.clips.version)
        if self._snapshot is None or self._snapshot[0] != versions:
            videos = Videos(self.videos.to_arrow())
            shown, hidden = _counted(self._columns(["video"])["video"], videos.ids)
            self._snapshot = versions, Snapshot(videos, hidden, shown, self._read_resident())
        return self._snapshot[1]

    def _follow_rebuild(self) -> None:
        """Open the tables anew if they were made anew: what is open counts other versions by the same numbers.

        Raises UnreadableError for those of another model: whoever searches here has the one before. Where the library
        was only given another (reindex.py), its vectors are still there for a while.
        """
        made = self._when_made()
        if made == self._made:
            return
        self._snapshot = None
        identity, expected = Identity.read(self.at), self._identity
        if identity and identity.fingerprint != expected.fingerprint:
            if identity.former != expected.clips:
                raise UnreadableError(
                    f"the library at {self.at} was made anew meanwhile, with the model {identity.model}; "
                    "start this again"
                )
        elif identity:
            self._identity = identity
        self.features = Features(self.at) if self._identity.towers else None
        for name in ("_database", "videos", "clips", "_failures"):
            self.__dict__.pop(name, None)
        self._made = made

    def _when_made(self) -> tuple[int, int] | None:
        """Changes whenever a library is made, which ends with its library.json; None while it is being made."""
        try:
            found = (self.at / "library.json").stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

    @told(cannot_read)
    def partial(self) -> dict[str, set[str]]:
        """The clips of videos that are not complete: clip ids by video id."""
        hidden = self.snapshot().hidden
        found: dict[str, set[str]] = {video: set() for video in hidden}
        if hidden:
            for row in self.rows(among("video", hidden), ["id", "video"]).to_pylist():
                found[row["video"]].add(row["id"])
        return found

    def _columns(self, names: Sequence[str]) -> pa.Table:
        return self.clips.search().select(names).limit(None).to_arrow()

    def _read_resident(self) -> Resident | None:
        stats = self.clips.stats() if self._resident else None
        if stats is None or stats["total_bytes"] > MOST_RESIDENT:
            return None
        return Resident(self._columns(SEARCHED))

    @told(cannot_read)
    def failures(self) -> dict[str, tuple[Failure, str]]:
        """By path: each failure, and the file's stat then."""
        self._failures.checkout_latest()
        rows = self._failures.to_arrow().to_pylist()
        return {row["path"]: (Failure(row["path"], row["reason"], row["when"]), row["stat"]) for row in rows}

    @told(cannot_read)
    def nearest(self, vector: NDArray[np.float32], columns: Sequence[str], limit: int, where: str | None) -> pa.Table:
        """The clips whose pooled vectors are nearest to a text's, with their `_distance` and `_rowid`."""
        near = self.clips.search(vector, vector_column_name="pooled").distance_type("dot")
        return _fetch(near.nprobes(PARTITIONS), [*columns, "_distance"], limit, where)

    @told(cannot_read)
    def saying(self, words: str, columns: Sequence[str], limit: int, where: str | None) -> pa.Table:
        """The clips that best say any of the words, with their BM25 as `_score`, and `_rowid`."""
        said = self.clips.search(MatchQuery(words, "transcript"), query_type="fts")
        return _fetch(said, [*columns, "_score"], limit, where)

    @told(cannot_read)
    def rows(self, where: str, columns: Sequence[str]) -> pa.Table:
        """All clips of which a condition is true, with their `_rowid`."""
        return self.clips.search().where(where).select(columns).with_row_id(True).limit(None).to_arrow()

    @told(cannot_read)
    def take(self, at: Sequence[int], columns: Sequence[str]) -> pa.Table:
        """The clips with these row ids, in no order; without those that stand elsewhere by now."""
        return self.clips.take_row_ids(list(at)).select(list(columns)).to_arrow()

    @told(cannot_read)
    def some(self, columns: Sequence[str], limit: int) -> pa.Table:
        """The first clips that searches may show."""
        return self.clips.search().where(self._shown()).select(columns).limit(limit).to_arrow()

    @told(cannot_read)
    def count(self, where: str) -> int:
        """The number of clips that searches may show, of which a condition is true."""
        return int(self.clips.count_rows(f"{where} AND {self._shown()}"))

    def shown(self, columns: Sequence[str], some: int) -> Iterator[pa.Table]:
        """All clips that searches may show, so many at a time."""
        try:
            for batch in self.clips.to_lance().to_batches(columns=list(columns), filter=self._shown(), batch_size=some):
                yield pa.Table.from_batches([batch])
        except (OSError, RuntimeError, ValueError) as error:
            raise cannot_read(self.at, error) from error

    def _shown(self) -> str:
        return f"NOT ({among('video', self.snapshot().hidden)})"

    @told(cannot_read)
    def ids(self) -> set[str]:
        """Of all clips."""
        return set(self._columns(["id"])["id"].to_pylist())

    # Writing

    @told(cannot_write)
    def add_clips(self, rows: Sequence[pa.Table]) -> None:
        self.clips.add(pa.concat_tables(rows))

    @told(cannot_write)
    def drop_clips(self, ids: Sequence[str]) -> None:
        self.clips.delete(among("id", ids))

    @told(cannot_write)
    def put_videos(self, videos: Sequence[Video]) -> None:
        """Add complete videos, each in place of the one that was at its path."""
        merge = self.videos.merge_insert("path").when_matched_update_all().when_not_matched_insert_all()
        merge.execute(video_table(videos))

    @told(cannot_write)
    def move_videos(self, videos: Sequence[Video]) -> None:
        """Write new paths and stats of videos that are known."""
        self.videos.merge_insert("id").when_matched_update_all().execute(video_table(videos))

    @told(cannot_write)
    def drop_videos(self, ids: Sequence[str]) -> None:
        self.videos.delete(among("id", ids))

    @told(cannot_write)
    def put_failures(self, failures: dict[str, tuple[Failure, str]]) -> None:
        rows = [{**vars(failure), "stat": stat} for failure, stat in failures.values()]
        self._failures.add(pa.Table.from_pylist(rows, schema=FAILURES), mode="overwrite")

    @told(cannot_write)
    def drop_hidden(self, besides: Set[str] = frozenset()) -> None:
        """Drop the clips of no video. besides: ids of videos that are still to come."""
        if hidden := self.snapshot().hidden - besides:
            self.clips.delete(among("video", hidden))
            if self.features:
                self.features.drop_videos(hidden)

    @told(cannot_write)
    def tidy(self, thorough: bool = False) -> Upkeep:
        """After an update: do what keeps searches quick. thorough: even where it is hardly worth while yet."""
        self.clips.checkout_latest()
        done = keep_up(self.clips, thorough)
        if self.features:
            done.freed += self.features.tidy(thorough)
        for small in (self.videos, self._failures):
            small.optimize(cleanup_older_than=KEEP_VERSIONS)
        return done

    @told(cannot_write)
    def empty(self, name: str) -> None:
        """Begin one of the small tables anew, whatever is there of it."""
        remove(self.at / f"{name}.lance")
        self._database.create_table(name, schema=SMALL[name])

    @told(cannot_write)
    def index_anew(self) -> None:
        """Make the indexes anew, whatever is there of them."""
        make_indexes(self.clips, anew=True)
        if self.features:
            self.features.index_anew()


def _fetch(builder: Any, columns: list[str], limit: int, where: str | None) -> pa.Table:
    if where is not None:
        builder = builder.where(where, prefilter=True)
    return builder.select(columns).with_row_id(True).limit(limit).to_arrow()


def _counted(column: pa.ChunkedArray, known: pa.ChunkedArray) -> tuple[int, frozenset[str]]:
    """How many clips are of videos that are known, and the ids of the videos that others are of.

    column: the id of each clip's video. Without a Python object for each, of which there may be a million.
    """
    counts = column.value_counts()
    ids, numbers = counts.field("values"), counts.field("counts")
    shown = pc.is_in(ids, value_set=known)
    return pc.sum(numbers.filter(shown)).as_py() or 0, frozenset(ids.filter(pc.invert(shown)).to_pylist())
