"""Files that end whoever reads them: a cluster would try them for ever."""

from __future__ import annotations

import hashlib
from pathlib import Path

MOST = 3
SUFFIX = ".attempts"


class Attempts:
    """How often reading a file was begun and not ended, by any worker: a mark in a folder that all of them see."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, path: str) -> bool:
        """Count an attempt. False if there were too many."""
        with self._mark(path).open("ab") as mark:
            mark.write(b".")
            return mark.tell() <= MOST

    def end(self, path: str) -> None:
        self._mark(path).unlink(missing_ok=True)

    def forget(self) -> None:
        """Begin anew: an earlier run may have been interrupted by a person."""
        for mark in self.folder.glob(f"*{SUFFIX}"):
            mark.unlink(missing_ok=True)

    def _mark(self, path: str) -> Path:
        return self.folder / f"{hashlib.blake2b(path.encode(), digest_size=8).hexdigest()}{SUFFIX}"
