"""How far an update is: the arithmetic of it, for whoever shows it."""

from __future__ import annotations

import time
from pathlib import Path

# Of the work on a file that is transcribed: a recogniser takes about as long as the file lasts, the towers far less.
LISTENING = 0.8
# Before that, how long it will take can only be guessed.
SECONDS_TO_TELL = 3.0


class UpdateProgress:
    """A `Progress` that adds up what `Library.update` reports.

    Work is measured in bytes of files: they are known before a file is opened, and tell a film from a short clip.
    total, ended: files that are to be indexed, and those that are indexed or have failed. path: of the file whose turn
    it is, inside the library's folder. encoded: clips of this run; encoded_here: of this file, or the last one.
    reached: how far this file is, from 0 to 1. failures: path and reason of each file of this run that failed.
    """

    def __init__(self) -> None:
        self.total = self.ended = 0
        self.path: Path | None = None
        self.encoded = self.encoded_here = 0
        self.reached = 0.0
        self.failures: list[tuple[Path, str]] = []
        self.begun = time.monotonic()
        self._all_bytes = self._ended_bytes = self._bytes = 0
        self._heard = False

    @property
    def bytes_done(self) -> float:
        return self._ended_bytes + self.reached * self._bytes

    @property
    def share(self) -> float:
        """Of all the work, from 0 to 1."""
        if not self._all_bytes:
            return self.ended / self.total if self.total else 0.0
        return min(self.bytes_done / self._all_bytes, 1.0)

    @property
    def seconds_left(self) -> float | None:
        """None while it cannot be told."""
        seconds = time.monotonic() - self.begun
        if seconds < SECONDS_TO_TELL or not self.bytes_done:
            return None
        return seconds * max(self._all_bytes - self.bytes_done, 0) / self.bytes_done

    def files(self, total: int, size: int) -> None:
        self.total, self._all_bytes = total, size
        self.begun = time.monotonic()

    def file(self, path: Path, size: int) -> None:
        self.path, self._bytes = path, size
        self.encoded_here, self._heard, self.reached = 0, False, 0.0

    def listened(self, share: float) -> None:
        self._heard = True
        self.reached = max(self.reached, LISTENING * share)

    def clips(self, number: int, of: int) -> None:
        self.encoded += number
        self.encoded_here += number
        before = LISTENING if self._heard else 0.0
        self.reached = max(self.reached, before + (1 - before) * self.encoded_here / of)

    def done(self, path: Path) -> None:
        self._end()

    def failed(self, path: Path, reason: str) -> None:
        self.failures.append((path, reason))
        self._end()

    def _end(self) -> None:
        self.ended += 1
        self._ended_bytes += self._bytes
        self.path, self._bytes, self.reached = None, 0, 0.0
