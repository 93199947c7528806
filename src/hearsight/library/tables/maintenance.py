"""Maintenance of large tables: indexes, few large fragments, no versions that nothing reads.

Nothing here changes the rows of a table. Searches also return rows that are not in an index yet, because LanceDB scans
them one by one; that takes time, so indexes are refreshed when there are many such rows.

LanceDB's own `Table.optimize` merges all fragments of less than a million rows: below a million clips it would rewrite
the whole library for one new clip. Lance, which LanceDB is built on, takes options for what to leave alone.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from hearsight.library.reports import MaintenanceReport
from hearsight.library.tables.library_files import remove
from hearsight.library.tables.library_json import Identity
from hearsight.library.tables.schema import TOKENIZER, WORDS
from hearsight.util.lazy_lancedb import FTS, Bitmap, BTree

# Searches and updates look up words, ids of clips or videos, and what filters distinguish.
INDEXES = {
    WORDS: FTS(**TOKENIZER),
    "id": BTree(),
    "video": BTree(),
    "has_speech": Bitmap(),
    "has_sound": Bitmap(),
}

FORMER = {"transcript", "text"}  # the indexes of words in the tables of an older Hearsight
BATCH = 1024  # rows

VECTORS = ("pooled", "vector")  # of clips, and of an expert's windows

# Below this number of clips, each is compared with a query: 18 ms for so many, where an index takes 6.
EXACT_BELOW = 20_000
# The index of vectors is in segments, which a search reads in parallel, each in a thread. It reads all partitions of
# each (store.py), so there need not be many, and their centres need not be exact: so many vectors are sampled for each
# centre, in so many rounds.
CLIPS_PER_SEGMENT, CLIPS_PER_PARTITION, MIN_PARTITIONS = 500_000, 16_000, 8
SAMPLES, ROUNDS = 64, 20
# Bits for each number of a vector (RaBitQ: Gao et al., SIGMOD 2025). With these, 0.998 of the ten best of a million
# clips are among the nearest hundred without reading a full vector; with one bit, 0.6 of a hundred thousand are.
BITS = 5

# Indexes are refreshed when more rows than this are in no index or, in a small library, more than this share: a search
# by words takes 10 ms for a thousand of them.
MAX_UNINDEXED, GROWTH = 1_000, 0.1
# Each refresh adds a small segment to the index of vectors; many are slow to search, and are merged.
MAX_SEGMENTS = 8
# Small fragments slow reading: the candidates of a search and its hits take 9 ms from one and 15 from ten. Merging them
# takes a second for 10,000 clips. One of so many rows (with CLIP ViT-B/32, 1 GB), or of so many bytes for features,
# which are larger, is left alone.
MAX_FRAGMENTS = 8
ROWS_PER_FRAGMENT, BYTES_PER_FRAGMENT = 1 << 16, 2 << 30
# Deleted rows take space until their fragment is rewritten, which is done above this share.
MAX_DELETED = 0.1
# Running searches may still read the version before.
KEEP_VERSIONS = timedelta(minutes=10)


def create_indexes(table: Any, recreate: bool = False) -> dict[str, float]:
    """Create the missing indexes of a table, or all of them. Return the seconds that each took, by column."""
    indexes = {index.columns[0]: index for index in table.list_indices()}
    current = set() if recreate else set(indexes)
    expected = [column for column in INDEXES if column in table.schema.names]
    vectors = next((column for column in VECTORS if column in table.schema.names), None)
    if vectors and (rows := table.count_rows()) >= EXACT_BELOW:
        expected.append(vectors)
        if vectors in indexes and indexes[vectors].num_segments < rows // CLIPS_PER_SEGMENT:  # an older Hearsight's
            current.discard(vectors)
    elif recreate and vectors in indexes:
        table.drop_index(indexes[vectors].name)
    seconds = {}
    if WORDS in indexes:
        for former in FORMER & indexes.keys():
            table.drop_index(indexes[former].name)
    for column in [column for column in expected if column not in current]:
        start = time.monotonic()
        if column == vectors:
            _index_vectors(table, column)
        else:
            table.create_index(column, config=INDEXES[column])
        seconds[column] = time.monotonic() - start
    return seconds


def add_words(table: Any, columns: Sequence[str], words: Callable[[pa.RecordBatch], pa.RecordBatch]) -> None:
    """Add the column of words to a table with texts alone, in one step, and index it.

    words: makes it of rows with `video` and the columns of texts.
    """
    import lance  # takes long to import, and searches need none of it

    transform = lance.batch_udf(output_schema=pa.schema([(WORDS, pa.string())]))(words)
    table.to_lance().add_columns(transform, read_columns=["video", *columns], batch_size=BATCH)
    table.checkout_latest()
    create_indexes(table)


def _index_vectors(table: Any, column: str) -> None:
    """Create the index of a column of vectors. LanceDB would create it with a single segment."""
    dataset = table.to_lance()
    segments = [
        dataset.create_index_uncommitted(
            column,
            "IVF_RQ",
            name=f"{column}_idx",
            metric="dot",
            replace=True,
            num_partitions=min(rows, max(MIN_PARTITIONS, rows // CLIPS_PER_PARTITION)),
            fragment_ids=fragments,
            num_bits=BITS,
            max_iters=ROUNDS,
            sample_rate=SAMPLES,
        )
        for fragments, rows in _segments(dataset)
    ]
    dataset.commit_existing_index_segments(f"{column}_idx", column, segments)
    table.checkout_latest()


def _segments(dataset: Any) -> list[tuple[list[int], int]]:
    """Return the fragments of each segment, with its number of rows. Segments are of about the same size."""
    fragments = [(fragment.fragment_id, fragment.count_rows()) for fragment in dataset.get_fragments()]
    total = sum(rows for _, rows in fragments)
    count, before = max(1, total // CLIPS_PER_SEGMENT), 0
    segments: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for id, rows in fragments:
        segments[before * count // total].append((id, rows))
        before += rows
    return [([id for id, _ in each], sum(rows for _, rows in each)) for each in segments.values()]


def maintain(table: Any, thorough: bool) -> MaintenanceReport:
    """Keep a table quick to read. thorough: do everything that can be done, not only what is worth its time."""
    start = time.monotonic()
    report = MaintenanceReport(created_indexes=create_indexes(table))
    rows, large = table.count_rows(), _rows_per_fragment(table)
    report.indexed_rows = _refresh_indexes(table, 0 if thorough else min(MAX_UNINDEXED, GROWTH * rows))
    # After the indexes, because rows that are in an index are never merged with rows that are not.
    max_fragments, max_deleted = (1, 0.0) if thorough else (MAX_FRAGMENTS + rows // large, MAX_DELETED)
    report.merged_fragments, report.new_fragments = _merge_fragments(table, max_fragments, max_deleted, large)
    if thorough or report.created_indexes or report.indexed_rows or report.merged_fragments:
        report.freed_bytes = table.to_lance().cleanup_old_versions(KEEP_VERSIONS).bytes_removed
    report.seconds = time.monotonic() - start
    return report


def drop_former(location: Path, identity: Identity) -> Identity:
    """Remove the table that `reindex` has replaced, once no search can read it any more. Return the new identity."""
    age = time.time() - (location / "library.json").stat().st_mtime
    if identity.former and age > KEEP_VERSIONS.total_seconds():
        remove(location / f"{identity.former}.lance")
        identity = replace(identity, former=None)
        identity.write(location)
    return identity


def _rows_per_fragment(table: Any) -> int:
    """Return the number of rows from which on a fragment is left alone."""
    stats = table.stats()
    return min(ROWS_PER_FRAGMENT, BYTES_PER_FRAGMENT * stats["num_rows"] // max(stats["total_bytes"], 1) or 1)


def _refresh_indexes(table: Any, max_unindexed: float) -> int:
    """Add the rows to the indexes that are not in them yet, if there are more than allowed. Return how many."""
    indexes = table.list_indices()
    rows: int = max(index.num_unindexed_rows for index in indexes)
    if rows <= max_unindexed:
        return 0
    small = max(index.num_segments for index in indexes) - table.count_rows() // CLIPS_PER_SEGMENT
    table.to_lance().optimize.optimize_indices(num_indices_to_merge=small if small > MAX_SEGMENTS else None)
    table.checkout_latest()
    return rows


def _merge_fragments(table: Any, max_fragments: int, max_deleted: float, large: int) -> tuple[int, int]:
    """Merge fragments of less than `large` rows, and rewrite those with many deleted rows.

    Does nothing unless there are more than `max_fragments`, or the share of deleted rows is above `max_deleted`.
    Return the numbers of fragments that were merged, and that they were merged into.
    """
    dataset = table.to_lance()
    stats = dataset.stats.dataset_stats()
    if stats["num_fragments"] <= max_fragments and stats["num_deleted_rows"] <= max_deleted * dataset.count_rows():
        return 0, 0
    metrics = dataset.optimize.compact_files(
        target_rows_per_fragment=large, materialize_deletions_threshold=max_deleted
    )
    table.checkout_latest()
    return metrics.fragments_removed, metrics.fragments_added
