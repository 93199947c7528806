"""Reads the manifest of a rendered split, with everything that is known about each clip."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hearsight.errors import HearsightError


def read_manifest_rows(folder: Path) -> list[dict[str, Any]]:
    """Return one row for each clip, as render.manifest_row writes it.

    Raises HearsightError if the manifest is missing or was not written by Soundstage.
    """
    manifest = folder / "manifest.jsonl"
    if not manifest.is_file():
        raise HearsightError(f"no manifest.jsonl in {folder}; give a split made by `hearsight soundstage render`")
    with manifest.open("rb") as lines:
        return [_parse_row(manifest, number, line) for number, line in enumerate(lines, start=1)]


def _parse_row(manifest: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
        row["facts"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise HearsightError(
            f"{manifest}, line {number} has no facts about a clip ({error!r}); give a split made by "
            "`hearsight soundstage render`"
        ) from error
    return dict(row)
