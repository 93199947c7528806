"""What the system and LanceDB say when something is wrong with a library, in our words."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from hearsight.errors import HearsightError
from hearsight.library.tables.identity import UnreadableError

# What LanceDB's errors have somewhere: "... LanceError(IO): No space left on device (os error 28), ..."
SYSTEM_SAID = re.compile(r"([^:]+) \(os error \d+\)")


class Kept(Protocol):
    """Something that is kept in a folder."""

    at: Path


P = ParamSpec("P")
R = TypeVar("R")
K = TypeVar("K", bound=Kept)


def told(
    tell: Callable[[Path, Exception], HearsightError],
) -> Callable[[Callable[Concatenate[K, P], R]], Callable[Concatenate[K, P], R]]:
    """Makes a method tell of LanceDB's errors in our words."""

    def decorate(method: Callable[Concatenate[K, P], R]) -> Callable[Concatenate[K, P], R]:
        @wraps(method)
        def telling(kept: K, /, *args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return method(kept, *args, **kwargs)
            except (OSError, RuntimeError, ValueError, KeyError) as error:
                raise tell(kept.at, error) from error

        return telling

    return decorate


def cannot_read(at: Path, error: Exception) -> HearsightError:
    """What to tell of an error of the system or of LanceDB. A file that is gone was a table's: that is damage."""
    reason = _reason(error)
    if reason in (None, os.strerror(errno.ENOENT)):
        return UnreadableError(
            f"the library at {at} is damaged, or being rebuilt: its tables cannot be read; try again, or run: "
            "hearsight repair; or index again with --rebuild"
        )
    return UnreadableError(f"cannot read the library at {at}: {reason}; get permission there, or check the disk")


def cannot_write(at: Path, error: Exception) -> HearsightError:
    """The same where it was to be written: of an error that gives no reason, that tables are damaged."""
    reason = _reason(error)
    if reason is None:
        return cannot_read(at, error)
    return HearsightError(
        f"cannot write the library at {at}: {reason}; make room or get permission there and run this again, or keep it "
        "elsewhere (--library)"
    )


def _reason(error: Exception) -> str | None:
    """The system's, where it gave one."""
    found = SYSTEM_SAID.search(str(error))
    return getattr(error, "strerror", None) or (found[1].strip() if found else None)
