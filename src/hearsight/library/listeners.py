"""What follows an update while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class UpdateListener(Protocol):
    """An object that follows an update.

    Its methods are called in the thread that updates. Paths are relative to the library's folder.
    """

    def files(self, total: int, size: int) -> None:
        """Receive the number of files to index, and their size in bytes, before the first one.

        Called again if files are gone through more than once: for another model before, for a sound expert after that.
        """

    def file(self, path: Path, size: int) -> None:
        """Receive the file that is being read, and its size. Called again when reading switches back to it."""

    def transcribed(self, share: float) -> None:
        """Receive the seconds of speech transcribed, divided by the file's length. Called where it takes long."""

    def clips(self, number: int, total: int) -> None:
        """Receive the number of its clips that were encoded since the last call, and of all clips to encode."""

    def done(self, path: Path) -> None:
        """Receive a file that is completely indexed."""

    def failed(self, path: Path, reason: str) -> None:
        """Receive a file that cannot be indexed, and why."""


class NullListener:
    """A listener that ignores everything."""

    def files(self, total: int, size: int) -> None: ...

    def file(self, path: Path, size: int) -> None: ...

    def transcribed(self, share: float) -> None: ...

    def clips(self, number: int, total: int) -> None: ...

    def done(self, path: Path) -> None: ...

    def failed(self, path: Path, reason: str) -> None: ...
