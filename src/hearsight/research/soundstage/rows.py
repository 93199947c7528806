"""The rows of a rendered split's manifest, with everything that is known of each clip."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hearsight.errors import HearsightError


def read_rows(folder: Path) -> list[dict[str, Any]]:
    """One for each clip, as render.manifest_row made it. Raises HearsightError for any other manifest, or none."""
    manifest = folder / "manifest.jsonl"
    if not manifest.is_file():
        raise HearsightError(f"no manifest.jsonl in {folder}; give a split made by `hearsight soundstage render`")
    with manifest.open("rb") as lines:
        return [_row(manifest, number, line) for number, line in enumerate(lines, start=1)]


def _row(manifest: Path, number: int, line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
        row["facts"]
    except (ValueError, KeyError, TypeError) as error:
        raise HearsightError(
            f"{manifest}, line {number} tells no facts of a clip ({error!r}); give a split made by "
            "`hearsight soundstage render`"
        ) from error
    return dict(row)
