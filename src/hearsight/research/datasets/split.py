"""A folder of clips with captions: manifest.jsonl, and the media files that it names."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from hearsight.errors import HearsightError


@dataclass(frozen=True)
class Example:
    """One clip of a manifest. captions: (kind, text); kind is "" where the data have none, and the group of a query.

    start, end: seconds in the file; None for its beginning and its end. transcript: what is said, where the data tell.
    spoken: what is truly said; only generated clips have it.
    """

    id: str
    path: Path
    captions: tuple[tuple[str, str], ...]
    group: str  # clips of one group (twins) belong in one batch
    start: float | None = None
    end: float | None = None
    transcript: str | None = None
    spoken: str | None = None


def read_manifest(folder: Path) -> list[Example]:
    """The clips of manifest.jsonl: one a line, with "id", "path" (relative to the folder) and "captions"
    ([{"kind", "text"}]; a test's query has a "group", which counts as its kind); where a clip is not a whole file, with
    "start" and "end" in seconds; and where it is known, with its "transcript".

    Raises HearsightError for a missing manifest, for a line that is not right, and for two clips of one id.
    """
    manifest = folder / "manifest.jsonl"
    if not manifest.is_file():
        raise HearsightError(
            f"no manifest.jsonl in {folder}; give a split made by `hearsight data check` or "
            "`hearsight soundstage render`"
        )
    with manifest.open("rb") as lines:
        examples = [
            _example(folder, manifest, number, line) for number, line in enumerate(lines, start=1) if line.strip()
        ]
    if not examples:
        raise HearsightError(f"{manifest} is empty; it needs a line for each clip")
    often = [id for id, times in Counter(example.id for example in examples).items() if times > 1]
    if often:
        raise HearsightError(f"{manifest} has several clips of the id {often[0]}; give each its own")
    return examples


def _example(folder: Path, manifest: Path, number: int, line: bytes) -> Example:
    try:
        row = json.loads(line)
        captions = tuple(
            (caption.get("group") or caption.get("kind", ""), caption["text"]) for caption in row["captions"]
        )
        if not all(isinstance(text, str) for text in (row["id"], *(text for _, text in captions))):
            raise TypeError("an id or a caption is no text")
        group = (row.get("twin") or {}).get("group", row["id"])
        start, end = (None if row.get(name) is None else float(row[name]) for name in ("start", "end"))
        return Example(
            row["id"], folder / row["path"], captions, group, start, end, row.get("transcript"), row.get("spoken")
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HearsightError(
            f"{manifest}, line {number} is not a clip ({error!r}); it needs id, path and captions"
        ) from error
