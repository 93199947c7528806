"""Read files that may be a stranger's: whole ones up to a size, and lines up to a length."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from hearsight.errors import HearsightError

LONGEST_LINE = 64 << 20  # bytes


def check_size(file: Path, largest: int) -> int:
    """Return the size of a regular file in bytes. Raises ValueError for a pipe or a device, and for a larger file."""
    status = file.stat()
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):  # opening a folder raises a clear error
        raise ValueError("it is no regular file")
    if status.st_size > largest:
        raise ValueError(f"it has {status.st_size:,} bytes, and no such file has over {largest:,}")
    return status.st_size


def read_bounded(file: Path, largest: int) -> bytes:
    """Read a file. Raises as `check_size` does, and OSError."""
    size = check_size(file, largest)
    with file.open("rb") as opened:
        return opened.read(size)  # no more, for so much memory is taken


def numbered_lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the lines of a file, with their numbers from 1.

    Raises HearsightError for a line of more than LONGEST_LINE bytes, and OSError.
    """
    with file.open("rb") as opened:
        for number, line in enumerate(iter(lambda: opened.readline(LONGEST_LINE + 1), b""), start=1):
            if len(line) > LONGEST_LINE:
                raise HearsightError(
                    f"{file}, line {number} has over {LONGEST_LINE >> 20} MB, more than any real one; correct the line"
                )
            yield number, line
