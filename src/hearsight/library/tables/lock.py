"""The lock that allows one update of a library at a time."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from hearsight.errors import HearsightError
from hearsight.library.tables.containment import read_text
from hearsight.library.tables.errors import write_error
from hearsight.library.tables.library_json import Identity
from hearsight.util.atomic import write_atomic


@contextmanager
def updating(location: Path) -> Iterator[None]:
    """Hold a library for writing. The system releases it when the process ends, however it ends.

    Raises HearsightError if another process holds it, or if it cannot be written.
    """
    holder = location / "update.json"
    try:
        location.mkdir(parents=True, exist_ok=True)
        lock = FileLock(location / "update.lock", blocking=False)
        with lock:
            since = datetime.now().isoformat(" ", "seconds")
            write_atomic(holder, json.dumps({"pid": os.getpid(), "since": since}))
            yield
    except Timeout as error:
        raise HearsightError(
            f"the library at {location} is being updated by another process{_describe(holder)}; "
            "wait for it, or end it: what it has done stays done"
        ) from error
    except BrokenPipeError:  # raised by printing progress, not by the library
        raise
    except OSError as error:
        raise write_error(location, error) from error


@contextmanager
def writing(location: Path, expected: Identity) -> Iterator[Identity]:
    """Hold a library that was opened before, and yield its current identity, which may be new.

    Raises HearsightError if it was replaced since, or while another process holds it.
    """
    with updating(location):
        identity = Identity.read(location)
        if identity is None or (identity.fingerprint, identity.clips, identity.cutting) != (
            expected.fingerprint,
            expected.clips,
            expected.cutting,
        ):
            raise HearsightError(
                f"the library at {location} was made anew meanwhile, or given another model; start this again"
            )
        yield identity


def _describe(holder: Path) -> str:
    """Describe the process that holds the lock, as far as it is known."""
    try:
        values = json.loads(read_text(holder))
        return f" (process {values['pid']}, since {values['since']})"
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""
