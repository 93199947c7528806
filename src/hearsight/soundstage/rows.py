"""The rows of a rendered split's manifest, with everything that is known of each clip."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hearsight.errors import HearsightError


def read_rows(folder: Path) -> list[dict[str, Any]]:
    """One for each clip, as render.manifest_row made it. Raises HearsightError where there is no manifest."""
    manifest = folder / "manifest.jsonl"
    if not manifest.is_file():
        raise HearsightError(f"no manifest.jsonl in {folder}; give a split made by `hearsight soundstage render`")
    return [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
