"""One update of a library at a time."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from hearsight.errors import HearsightError

# What LanceDB's errors have somewhere: "... LanceError(IO): No space left on device (os error 28), ..."
SYSTEM_SAID = re.compile(r"([^:]+) \(os error \d+\)")


@contextmanager
def updating(at: Path) -> Iterator[None]:
    """Hold a library for writing. The system lets go of it when the process ends, however it ends.

    Raises HearsightError if another process holds it, or it cannot be written.
    """
    holder = at / "update.json"
    try:
        at.mkdir(parents=True, exist_ok=True)
        lock = FileLock(at / "update.lock", blocking=False)
        with lock:
            since = datetime.now().isoformat(" ", "seconds")
            holder.write_text(json.dumps({"pid": os.getpid(), "since": since}))
            yield
    except Timeout as error:
        raise HearsightError(
            f"the library at {at} is being updated by another process{_who(holder)}; "
            "wait for it, or end it: what it has done stays done"
        ) from error
    except BrokenPipeError:  # of whoever watches
        raise
    except OSError as error:
        raise cannot_write(at, error) from error


def cannot_write(at: Path, error: Exception) -> HearsightError:
    """What to tell of an error of the system or of LanceDB."""
    found = SYSTEM_SAID.search(str(error))
    reason = getattr(error, "strerror", None) or (found[1].strip() if found else "it may be damaged")
    return HearsightError(
        f"cannot write the library at {at}: {reason}; make room or get permission there and run this again, keep it "
        "elsewhere (--library), or make it anew with --rebuild"
    )


def _who(holder: Path) -> str:
    try:
        told = json.loads(holder.read_text())
        return f" (process {told['pid']}, since {told['since']})"
    except (OSError, ValueError, KeyError):
        return ""
