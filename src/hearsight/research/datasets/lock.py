"""A lock that lets one process at a time write what is stored beside a manifest."""

from __future__ import annotations

from pathlib import Path

from filelock import FileLock

FILE = "filling.lock"


def folder_lock(folder: Path) -> FileLock:
    """Return a lock to hold while a folder's transcripts or features are written.

    A second process waits, then finds what the first has written.
    """
    return FileLock(folder / FILE)
