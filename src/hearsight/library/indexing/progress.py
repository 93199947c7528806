"""Compute how far an update is."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

# Share of transcription in the work on a file: a recogniser takes about as long as the file lasts, the towers far less.
TRANSCRIPTION_SHARE = 0.8
# The time left is not estimated before this.
MIN_SECONDS = 3.0


@dataclass
class _Work:
    """The work on one file: its bytes, its encoded clips, the fraction that is done, and whether it is transcribed."""

    size: int = 0
    encoded: int = 0
    fraction: float = 0.0
    transcribed: bool = False


class UpdateProgress:
    """A `UpdateListener` that adds up what `Library.update` reports.

    Work is measured in bytes of files, which are known before a file is opened and separate films from short clips. A
    change of the model and a sound expert go through files, too: then all but encoded and failures begins anew.
    total, files_done: numbers of files to index, and of those that are indexed or have failed. path: the current file,
    inside the library's folder. encoded: clips of this run; encoded_here: clips of the current file, or the last one.
    failures: path and reason of each file of this run that failed.
    """

    def __init__(self) -> None:
        self.total = self.files_done = 0
        self.path: Path | None = None
        self.encoded = self.encoded_here = 0
        self.failures: list[tuple[Path, str]] = []
        self.begun = time.monotonic()
        self._all_bytes = self._done_bytes = 0
        self._in_progress: dict[Path, _Work] = {}

    @property
    def fraction(self) -> float:
        """Return which fraction of the work on the current file is done."""
        return self._in_progress[self.path].fraction if self.path else 0.0

    @property
    def bytes_done(self) -> float:
        """Return how many bytes are done; files in progress count in part."""
        return self._done_bytes + sum(work.fraction * work.size for work in self._in_progress.values())

    @property
    def share(self) -> float:
        """Return which share of all the work is done, from 0 to 1."""
        if not self._all_bytes:
            return self.files_done / self.total if self.total else 0.0
        return min(self.bytes_done / self._all_bytes, 1.0)

    @property
    def seconds_left(self) -> float | None:
        """Return the estimated time that is left, or None while there is no estimate."""
        seconds = time.monotonic() - self.begun
        if seconds < MIN_SECONDS or not self.bytes_done:
            return None
        return seconds * max(self._all_bytes - self.bytes_done, 0) / self.bytes_done

    def files(self, total: int, size: int) -> None:
        self.total, self._all_bytes = total, size
        self.files_done = self._done_bytes = 0
        self._in_progress.clear()
        self.path = None
        self.begun = time.monotonic()

    def file(self, path: Path, size: int) -> None:
        self.path = path
        self.encoded_here = self._in_progress.setdefault(path, _Work(size)).encoded

    def transcribed(self, share: float) -> None:
        work = self._current
        work.transcribed = True
        work.fraction = max(work.fraction, TRANSCRIPTION_SHARE * share)

    def clips(self, number: int, total: int) -> None:
        work = self._current
        self.encoded += number
        work.encoded += number
        self.encoded_here = work.encoded
        before = TRANSCRIPTION_SHARE if work.transcribed else 0.0
        work.fraction = max(work.fraction, before + (1 - before) * work.encoded / total)

    def done(self, path: Path) -> None:
        self._end(path)

    def failed(self, path: Path, reason: str) -> None:
        self.failures.append((path, reason))
        self._end(path)

    @property
    def _current(self) -> _Work:
        assert self.path is not None, "the update reported work on a file before the file"
        return self._in_progress[self.path]

    def _end(self, path: Path) -> None:
        work = self._in_progress.pop(path, _Work())
        self.files_done += 1
        self._done_bytes += work.size
        self.encoded_here = work.encoded
        if self.path == path:
            self.path = next(reversed(self._in_progress), None)
