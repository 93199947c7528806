"""Read manifest.jsonl, which lists the clips of a split with their captions."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.media.probe import LONGEST
from hearsight.util.bounded_file import numbered_lines

MANIFEST = "manifest.jsonl"
SHOWN = 200  # letters of what a line has, in a message


@dataclass(frozen=True)
class Example:
    """One clip with its captions.

    captions: (kind, text) pairs. kind is "" where the data have none; for a query of a test it is the query's group.
    group: clips of one group (twins) are put into one batch.
    start, end: seconds in the file; None for its beginning and its end.
    transcript: what is said, if the data set comes with transcripts.
    spoken: what is truly said, without recognition errors; only generated clips have it.
    """

    id: str
    path: Path
    captions: tuple[tuple[str, str], ...]
    group: str
    start: float | None = None
    end: float | None = None
    transcript: str | None = None
    spoken: str | None = None


@dataclass(frozen=True)
class Manifest:
    """The clips of a manifest file, in its order. digest: SHA-256 of the file."""

    clips: list[Example]
    digest: str


def read_manifest(folder: Path) -> Manifest:
    """Read a folder's manifest.jsonl.

    Each line is an object with "id", "path" (relative to the folder) and "captions" ([{"kind", "text"}]; a test's query
    has a "group", which counts as its kind). A clip that is not a whole file also has "start" and "end" in seconds. If
    it is known what is said, the line has a "transcript".

    Raises HearsightError for a missing or empty manifest, for an invalid line, and for two clips with the same id.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise HearsightError(
            f"no {MANIFEST} in {folder}; give a split made by `hearsight data check` or `hearsight soundstage render`"
        )
    clips, digest = [], sha256()
    for number, line in numbered_lines(path):
        digest.update(line)
        if line.strip():
            clips.append(_parse(folder, f"{path}, line {number}", line))
    if not clips:
        raise HearsightError(f"{path} is empty; it needs a line for each clip")
    repeated = [id for id, count in Counter(clip.id for clip in clips).items() if count > 1]
    if repeated:
        raise HearsightError(f"{path} has several clips with the id {repeated[0]}; give each clip its own id")
    return Manifest(clips, digest.hexdigest())


def _parse(folder: Path, context: str, line: bytes) -> Example:
    try:
        row = json.loads(line)
        captions = tuple(
            (caption.get("group") or caption.get("kind", ""), caption["text"]) for caption in row["captions"]
        )
        if not all(isinstance(text, str) for text in (row["id"], *(text for _, text in captions))):
            raise TypeError("an id or a caption is not text")
        if not isinstance(row["path"], str) or "\0" in row["path"]:
            raise TypeError("a path is not text, or has a null in it")
        if not all(isinstance(row.get(name), str | None) for name in ("transcript", "spoken")):
            raise TypeError("a transcript is not text")
        group = (row.get("twin") or {}).get("group", row["id"])
        start, end = (None if row.get(name) is None else float(row[name]) for name in ("start", "end"))
        if not 0 <= (start or 0.0) < (LONGEST if end is None else end) <= LONGEST:
            raise ValueError("its times are not those of a clip")
        return Example(
            row["id"], folder / row["path"], captions, group, start, end, row.get("transcript"), row.get("spoken")
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        reason = repr(error)[:SHOWN]
        raise HearsightError(f"{context} is not a clip ({reason}); it needs id, path and captions") from error
