"""Keeping large tables quick to read as they grow: indexes, few large pieces, no versions that nobody reads.

Nothing here changes what is in a table. Rows that an index has not yet are found all the same, for LanceDB looks
through them one by one; that takes time, so indexes are brought up to date when there are many such rows.

LanceDB's own `Table.optimize` merges all pieces of less than a million rows: below a million clips it would write the
whole library anew, be it for one clip that came. Lance, which it stands on, can be told what to leave alone.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from hearsight.library.results import Upkeep
from hearsight.library.search.query import TOKENIZER
from hearsight.library.tables.disk import remove
from hearsight.library.tables.identity import Identity
from hearsight.util.lancedb import FTS, Bitmap, BTree

# What searches and updates ask for: words, some clips or videos among all, and what filters tell apart.
INDEXES = {
    "transcript": FTS(**TOKENIZER),
    "id": BTree(),
    "video": BTree(),
    "has_speech": Bitmap(),
    "has_sound": Bitmap(),
}

# Fewer clips are compared with a query one by one: 18 ms for so many, where an index takes 6.
EXACT_BELOW = 20_000
# The index of vectors is in segments, which a search reads side by side, each in a thread. It reads all partitions of
# each (store.py), so these need not be many, nor need their centres be exact: they are found on so many vectors for
# each, in so many rounds.
CLIPS_A_SEGMENT, CLIPS_A_PARTITION, LEAST_PARTITIONS = 500_000, 16_000, 8
SAMPLES, ROUNDS = 64, 20
# Of each number of a vector (RaBitQ: Gao et al., SIGMOD 2025). With these, 0.998 of the ten best of a million clips are
# among the nearest hundred, and no whole vector needs to be read for that; with one bit, 0.6 of a hundred thousand are.
BITS = 5

# So many rows may be in no index, or, in a small library, such a part of all, until indexes are brought up to date: a
# search by words takes 10 ms for a thousand of them.
MOST_UNINDEXED, GROWTH = 1_000, 0.1
# The index of vectors gets a small segment each time; many are slow to search, and are merged.
MOST_SEGMENTS = 8
# Many small pieces slow reading. One of so many rows, with CLIP ViT-B/32 of 1 GB, is left alone; of features, which are
# larger, one of so many bytes.
MOST_PIECES = 32
ROWS_A_PIECE, BYTES_A_PIECE = 1 << 16, 2 << 30
# Of the rows of a table, so many may be deleted ones; they still take their space.
MOST_DELETED = 0.1
# Searches that run may still read the version before.
KEEP_VERSIONS = timedelta(minutes=10)


def make_indexes(table: Any, anew: bool = False) -> dict[str, float]:
    """Make the indexes that a table should have and has not, or all of them. Returns the columns, with the seconds."""
    indexes = {index.columns[0]: index for index in table.list_indices()}
    there = set() if anew else set(indexes)
    wanted = [column for column in INDEXES if column in table.schema.names]
    if "pooled" in table.schema.names and (rows := table.count_rows()) >= EXACT_BELOW:
        wanted.append("pooled")
        if "pooled" in indexes and indexes["pooled"].num_segments < rows // CLIPS_A_SEGMENT:  # an older Hearsight's
            there.discard("pooled")
    elif anew and "pooled" in indexes:
        table.drop_index(indexes["pooled"].name)
    made = {}
    for column in [column for column in wanted if column not in there]:
        begun = time.monotonic()
        if column == "pooled":
            _index_vectors(table)
        else:
            table.create_index(column, config=INDEXES[column])
        made[column] = time.monotonic() - begun
    return made


def _index_vectors(table: Any) -> None:
    """Make the index of vectors. LanceDB makes it of a single segment."""
    dataset = table.to_lance()
    segments = [
        dataset.create_index_uncommitted(
            "pooled",
            "IVF_RQ",
            name="pooled_idx",
            metric="dot",
            replace=True,
            num_partitions=min(rows, max(LEAST_PARTITIONS, rows // CLIPS_A_PARTITION)),
            fragment_ids=pieces,
            num_bits=BITS,
            max_iters=ROUNDS,
            sample_rate=SAMPLES,
        )
        for pieces, rows in _segments(dataset)
    ]
    dataset.commit_existing_index_segments("pooled_idx", "pooled", segments)
    table.checkout_latest()


def _segments(dataset: Any) -> list[tuple[list[int], int]]:
    """The pieces of a table for segments of much the same number of rows, with that number."""
    pieces = [(piece.fragment_id, piece.count_rows()) for piece in dataset.get_fragments()]
    total = sum(rows for _, rows in pieces)
    count, before = max(1, total // CLIPS_A_SEGMENT), 0
    segments: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for id, rows in pieces:
        segments[before * count // total].append((id, rows))
        before += rows
    return [([id for id, _ in each], sum(rows for _, rows in each)) for each in segments.values()]


def keep_up(table: Any, thorough: bool) -> Upkeep:
    """Bring a table into order. thorough: do all that can be done, not just what is worth while."""
    begun = time.monotonic()
    done = Upkeep(made=make_indexes(table))
    rows, large = table.count_rows(), _rows_a_piece(table)
    done.indexed = _refresh_indexes(table, 0 if thorough else min(MOST_UNINDEXED, GROWTH * rows))
    # After the indexes, for rows that are in an index and such that are not are never put into one piece.
    most, deleted = (1, 0.0) if thorough else (MOST_PIECES + rows // large, MOST_DELETED)
    done.merged, done.into = _merge_pieces(table, most, deleted, large)
    if thorough or done.made or done.indexed or done.merged:
        done.freed = table.to_lance().cleanup_old_versions(KEEP_VERSIONS).bytes_removed
    done.seconds = time.monotonic() - begun
    return done


def drop_former(location: Path, identity: Identity) -> Identity:
    """Remove the table that `reindex` has replaced, once no search can read it any more. Return the identity then."""
    age = time.time() - (location / "library.json").stat().st_mtime
    if identity.former and age > KEEP_VERSIONS.total_seconds():
        remove(location / f"{identity.former}.lance")
        identity = replace(identity, former=None)
        identity.write(location)
    return identity


def _rows_a_piece(table: Any) -> int:
    """The rows of a piece that is left alone."""
    stats = table.stats()
    return min(ROWS_A_PIECE, BYTES_A_PIECE * stats["num_rows"] // max(stats["total_bytes"], 1) or 1)


def _refresh_indexes(table: Any, most: float) -> int:
    """Add to the indexes the rows that they have not yet, if these are more than `most`. Returns how many."""
    indexes = table.list_indices()
    rows: int = max(index.num_unindexed_rows for index in indexes)
    if rows <= most:
        return 0
    small = max(index.num_segments for index in indexes) - table.count_rows() // CLIPS_A_SEGMENT
    table.to_lance().optimize.optimize_indices(num_indices_to_merge=small if small > MOST_SEGMENTS else None)
    table.checkout_latest()
    return rows


def _merge_pieces(table: Any, most: int, most_deleted: float, large: int) -> tuple[int, int]:
    """Merge pieces of less than `large` rows, and write those anew that have many deleted rows.

    Does nothing unless there are more than `most` pieces, or a greater share of deleted rows than `most_deleted`.
    Returns how many pieces became how many.
    """
    dataset = table.to_lance()
    stats = dataset.stats.dataset_stats()
    if stats["num_fragments"] <= most and stats["num_deleted_rows"] <= most_deleted * dataset.count_rows():
        return 0, 0
    merged = dataset.optimize.compact_files(
        target_rows_per_fragment=large, materialize_deletions_threshold=most_deleted
    )
    table.checkout_latest()
    return merged.fragments_removed, merged.fragments_added
