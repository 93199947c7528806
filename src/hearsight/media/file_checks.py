"""Check a media file before anything decodes it, which needs no library that decodes."""

from __future__ import annotations

import stat
from pathlib import Path

from hearsight.errors import HearsightError

# A header of a few bytes may claim pictures that take gigabytes. Those of a cinema camera (12K) have 80 million.
MOST_PIXELS = 100_000_000


def check_regular(path: Path) -> None:
    """Raise a plain error for what FFmpeg reports obscurely, and never wait for a named pipe."""
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise read_error(path, "no such file; it may have been moved, look again") from error
    except ConnectionError:
        raise
    except OSError as error:
        raise read_error(path, f"{error.strerror}; check the path and its permissions") from error
    if not stat.S_ISREG(status.st_mode):
        raise read_error(path, "not a regular file; name a video or sound file")
    if status.st_size == 0:
        raise read_error(path, "the file is empty (0 bytes); copy or download it again")


def read_error(path: Path, reason: str) -> HearsightError:
    """Return the error for a file that cannot be used; reason says why, and what to do."""
    name = str(path)
    return HearsightError(f"cannot read {name if name.isprintable() else repr(name)}: {reason}")
