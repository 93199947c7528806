"""How far an update is: the arithmetic of it, for whoever shows it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

# Of the work on a file that is transcribed: a recogniser takes about as long as the file lasts, the towers far less.
LISTENING = 0.8
# Before that, how long it will take can only be guessed.
SECONDS_TO_TELL = 3.0


@dataclass
class _Work:
    """On one file: its bytes, its clips that are encoded, and how far it is, from 0 to 1."""

    size: int = 0
    encoded: int = 0
    reached: float = 0.0
    heard: bool = False


class UpdateProgress:
    """A `UpdateListener` that adds up what `Library.update` reports.

    Work is measured in bytes of files: they are known before a file is opened, and tell a film from a short clip.
    total, ended: files that are to be indexed, and those that are indexed or have failed. path: of the file whose turn
    it is, inside the library's folder. encoded: clips of this run; encoded_here: of this file, or the last one.
    failures: path and reason of each file of this run that failed.
    """

    def __init__(self) -> None:
        self.total = self.ended = 0
        self.path: Path | None = None
        self.encoded = self.encoded_here = 0
        self.failures: list[tuple[Path, str]] = []
        self.begun = time.monotonic()
        self._all_bytes = self._ended_bytes = 0
        self._begun: dict[Path, _Work] = {}

    @property
    def reached(self) -> float:
        """How far the file is whose turn it is, from 0 to 1."""
        return self._begun[self.path].reached if self.path else 0.0

    @property
    def bytes_done(self) -> float:
        return self._ended_bytes + sum(work.reached * work.size for work in self._begun.values())

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
        self.path = path
        self.encoded_here = self._begun.setdefault(path, _Work(size)).encoded

    def transcribed(self, share: float) -> None:
        work = self._here
        work.heard = True
        work.reached = max(work.reached, LISTENING * share)

    def clips(self, number: int, total: int) -> None:
        work = self._here
        self.encoded += number
        work.encoded += number
        self.encoded_here = work.encoded
        before = LISTENING if work.heard else 0.0
        work.reached = max(work.reached, before + (1 - before) * work.encoded / total)

    def done(self, path: Path) -> None:
        self._end(path)

    def failed(self, path: Path, reason: str) -> None:
        self.failures.append((path, reason))
        self._end(path)

    @property
    def _here(self) -> _Work:
        assert self.path is not None, "told of the work on a file before that file"
        return self._begun[self.path]

    def _end(self, path: Path) -> None:
        work = self._begun.pop(path, _Work())
        self.ended += 1
        self._ended_bytes += work.size
        self.encoded_here = work.encoded
        if self.path == path:
            self.path = next(reversed(self._begun), None)
