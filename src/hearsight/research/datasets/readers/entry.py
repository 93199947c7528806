"""The clip of a data set that a reader yields, as its annotation files describe it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One clip. Whether its file can be read is not checked yet.

    captions: (kind, text) pairs; kind is "" where the data have none.
    path: None if no file of this name is below the root.
    source: the file and line, or key, of the annotation, for errors.
    start, end: seconds in the file; None for its beginning and its end.
    transcript: what is said; None if the data set does not say.
    """

    id: str
    split: str
    path: Path | None
    captions: tuple[tuple[str, str], ...]
    source: str
    start: float | None = None
    end: float | None = None
    transcript: str | None = None
