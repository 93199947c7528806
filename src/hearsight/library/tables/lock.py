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
from hearsight.library.tables.errors import cannot_write
from hearsight.library.tables.identity import Identity


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


@contextmanager
def writing(location: Path, expected: Identity) -> Iterator[Identity]:
    """Hold a library that was opened before, and yield its identity as it is now: another process may have written it.

    Raises HearsightError if it was replaced by then, or while another process holds it.
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


def _who(holder: Path) -> str:
    try:
        told = json.loads(holder.read_text())
        return f" (process {told['pid']}, since {told['since']})"
    except (OSError, ValueError, KeyError):
        return ""
