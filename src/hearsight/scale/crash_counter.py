"""Count the attempts to read each file, so that a cluster gives up a file that crashes its workers."""

from __future__ import annotations

import hashlib
from pathlib import Path

MAX_ATTEMPTS = 3
SUFFIX = ".attempts"


class CrashCounter:
    """Counts the attempts to read a file that began and did not end.

    The counts are small files in a folder that all workers share.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, path: str) -> bool:
        """Count an attempt, and return False if there were too many before it."""
        with self._counter(path).open("ab") as counter:
            counter.write(b".")
            return counter.tell() <= MAX_ATTEMPTS

    def end(self, path: str) -> None:
        """Reset the count of a file that was read to its end."""
        self._counter(path).unlink(missing_ok=True)

    def reset(self) -> None:
        """Reset the counts of all files: a person may have interrupted the earlier run."""
        for counter in self.folder.glob(f"*{SUFFIX}"):
            counter.unlink(missing_ok=True)

    def _counter(self, path: str) -> Path:
        return self.folder / f"{hashlib.blake2b(path.encode(), digest_size=8).hexdigest()}{SUFFIX}"
