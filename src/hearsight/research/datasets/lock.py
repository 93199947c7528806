"""What stands beside a manifest, once made, is made by one process at a time."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock


def filling(folder: Path) -> FileLock:
    """Held while a data folder's transcripts or features are made: who comes second waits, and finds them done."""
    return FileLock(folder / "filling.lock")
