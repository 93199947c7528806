"""Rows that many processes write and one commits: fragments of a Lance table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import lance
import pyarrow as pa
from lance.fragment import FragmentMetadata, write_fragments

from hearsight.library.tables.maintenance import KEEP_VERSIONS

ROWS = 4096


def write(rows: pa.Table, table: Path) -> list[str]:
    """Write rows where a table's are. They are no part of it until they are committed, by what is returned."""
    return [json.dumps(fragment.to_json()) for fragment in write_fragments(rows, str(table), mode="append")]


def commit(fragments: Sequence[str], table: Path) -> None:
    """Make fragments part of a table, all of them at once."""
    added = lance.LanceOperation.Append([FragmentMetadata.from_json(fragment) for fragment in fragments])
    version = lance.dataset(str(table)).version
    lance.LanceDataset.commit(str(table), added, read_version=version)


def compact(table: Path) -> None:
    """Join small fragments. Those that are large enough stay as they are, so that no row is written anew often."""
    dataset = lance.dataset(str(table))
    dataset.optimize.compact_files(target_rows_per_fragment=ROWS, num_threads=1)
    dataset.cleanup_old_versions(KEEP_VERSIONS)
