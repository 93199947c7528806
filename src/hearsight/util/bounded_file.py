"""Read whole files that may be a stranger's: regular ones, up to a size."""

from __future__ import annotations

import stat
from pathlib import Path


def check_size(file: Path, largest: int) -> int:
    """Return the size of a regular file in bytes. Raises ValueError for a pipe or a device, and for a larger file."""
    status = file.stat()
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        raise ValueError("it is no regular file")
    if status.st_size > largest:
        raise ValueError(f"it has {status.st_size:,} bytes, and no such file has over {largest:,}")
    return status.st_size


def read_bounded(file: Path, largest: int) -> bytes:
    """Read a file. Raises as `check_size` does, and OSError."""
    size = check_size(file, largest)
    with file.open("rb") as opened:
        return opened.read(size)  # no more, for so much memory is taken
