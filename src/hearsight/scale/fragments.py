"""Write rows in many processes as fragments of a Lance table, and commit them in one."""

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
    """Write rows into the folder of a table, and return the fragments that `commit` makes part of it."""
    return [json.dumps(fragment.to_json()) for fragment in write_fragments(rows, str(table), mode="append")]


def commit(fragments: Sequence[str], table: Path) -> None:
    """Add fragments to a table in one step."""
    added = lance.LanceOperation.Append([FragmentMetadata.from_json(fragment) for fragment in fragments])
    version = lance.dataset(str(table)).version
    lance.LanceDataset.commit(str(table), added, read_version=version)


def compact(table: Path) -> None:
    """Merge small fragments. Large ones stay as they are, so that no row is rewritten often."""
    dataset = lance.dataset(str(table))
    dataset.optimize.compact_files(target_rows_per_fragment=ROWS, num_threads=1)
    dataset.cleanup_old_versions(KEEP_VERSIONS)
