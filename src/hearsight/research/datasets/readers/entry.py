"""A clip of a data set, as annotation files tell it: what every reader of this folder gives."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One clip. It is not known yet whether there is a file, and whether it can be read.

    captions: (kind, text); kind is "" where the data have none. path: None where no file of this name is below the
    root. start, end: seconds in the file; None for all of it. transcript: what is said; None where nobody knows.
    source: the file and line or key of the annotation, for errors.
    """

    id: str
    split: str
    path: Path | None
    captions: tuple[tuple[str, str], ...]
    source: str
    start: float | None = None
    end: float | None = None
    transcript: str | None = None
