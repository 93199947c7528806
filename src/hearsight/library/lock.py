"""One update of a library at a time."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from hearsight.errors import HearsightError


@contextmanager
def updating(at: Path) -> Iterator[None]:
    """Hold a library for writing. The system lets go of it when the process ends, however it ends.

    Raises HearsightError if another process holds it, or nothing can be written there.
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
    except PermissionError as error:
        if Path(error.filename or "").parent != at and error.filename != str(at):
            raise
        raise HearsightError(
            f"cannot write the library at {at}: no permission; change its permissions, or keep it elsewhere (--library)"
        ) from error


def _who(holder: Path) -> str:
    try:
        told = json.loads(holder.read_text())
        return f" (process {told['pid']}, since {told['since']})"
    except (OSError, ValueError, KeyError):
        return ""
