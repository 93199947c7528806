"""Checks of tables that may be a stranger's, before their rows are read: docs/security.md says what is promised."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from hearsight.library.tables.errors import UnreadableError
from hearsight.library.tables.library_files import folder_size

# Paths that no scan of a folder returns: absolute ones, hidden files, and those with "." or ".." in them.
NO_PATH_INSIDE = r"(^|/)(\.|/|$)|\x00"
VIDEO_ID = r"^[0-9a-f]{16}$"
SHOWN_LETTERS = 80


def check_table(location: Path, table: Any, expected: pa.Schema) -> Any:
    """Return an open LanceDB table, if its columns have the types of a schema and its rows are in its files.

    Vectors may have any width, and columns may be missing: older tables lack some. A row takes a byte or more, since
    ids differ: of more rows than bytes, some are a claim, or swell when they are read.
    Raises UnreadableError if not.
    """
    schema = table.schema
    for field in expected:
        if field.name in schema.names and not _is_alike(schema.field(field.name), field):
            raise _refusal(location, f"the column {field.name} of the table {table.name} has another type")
    rows, size = table.count_rows(), folder_size(location / f"{table.name}.lance")
    if rows > size:
        raise _refusal(location, f"the table {table.name} claims {rows} rows in {size} bytes")
    return table


def check_videos(location: Path, videos: pa.Table) -> pa.Table:
    """Return rows of videos, if each has an id of ours and the path of a file inside the folder of the library.

    Raises UnreadableError if not.
    """
    outside = pc.fill_null(pc.match_substring_regex(videos["path"], NO_PATH_INSIDE), True)
    if paths := videos["path"].filter(outside).to_pylist():
        name = str(paths[0])[:SHOWN_LETTERS]
        raise _refusal(location, f"the video {name!r} in it is no path inside the folder")
    foreign = pc.invert(pc.fill_null(pc.match_substring_regex(videos["id"], VIDEO_ID), False))
    if ids := videos["id"].filter(foreign).to_pylist():
        raise _refusal(location, f"the id {str(ids[0])[:SHOWN_LETTERS]!r} in it is none of a video")
    return videos


def _is_alike(field: pa.Field, expected: pa.Field) -> bool:
    """Return whether a column has a type, with vectors of any width, and is stored in the table's own files."""
    if b"lance-encoding:blob" in (field.metadata or {}):
        return False
    if pa.types.is_fixed_size_list(expected.type):
        return bool(pa.types.is_fixed_size_list(field.type) and field.type.value_type == expected.type.value_type)
    return bool(field.type == expected.type)


def _refusal(location: Path, reason: str) -> UnreadableError:
    return UnreadableError(
        f"the index at {location} is not used: {reason}; make it again with: hearsight index --rebuild"
    )
