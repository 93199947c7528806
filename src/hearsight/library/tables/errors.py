"""Errors of a library, and the translation of LanceDB's and the operating system's errors into them."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from hearsight.errors import HearsightError

# LanceDB's errors contain the system's: "... LanceError(IO): No space left on device (os error 28), ..."
SYSTEM_ERROR = re.compile(r"([^:]+) \(os error \d+\)")


class DamagedError(HearsightError):
    """A library that can only be created again, by `hearsight index --rebuild`."""


class UnreadableError(HearsightError):
    """A library that cannot be read now, but could be read earlier: it is damaged, or being rebuilt."""


class Located(Protocol):
    """An object that reads or writes the library in a folder."""

    location: Path


P = ParamSpec("P")
R = TypeVar("R")
K = TypeVar("K", bound=Located)


def translate_errors(
    translate: Callable[[Path, Exception], HearsightError],
) -> Callable[[Callable[Concatenate[K, P], R]], Callable[Concatenate[K, P], R]]:
    """Return a decorator that makes a method raise HearsightError instead of LanceDB's and the system's errors."""

    def decorate(method: Callable[Concatenate[K, P], R]) -> Callable[Concatenate[K, P], R]:
        @wraps(method)
        def wrapped(self: K, /, *args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return method(self, *args, **kwargs)
            except (OSError, RuntimeError, ValueError, KeyError) as error:
                raise translate(self.location, error) from error

        return wrapped

    return decorate


def read_error(location: Path, error: Exception) -> HearsightError:
    """Return the error to raise when a library cannot be read. A missing file is damage: it was a table's."""
    reason = _reason(error)
    if reason in (None, os.strerror(errno.ENOENT)):
        return UnreadableError(
            f"the library at {location} is damaged, or being rebuilt: its tables cannot be read; try again, or run: "
            "hearsight repair; or index again with --rebuild"
        )
    return UnreadableError(f"cannot read the library at {location}: {reason}; get permission there, or check the disk")


def read_derived_error(location: Path, error: Exception) -> HearsightError:
    """Return the error to raise when what experts have made cannot be read: a repair removes it, an update makes it."""
    return UnreadableError(
        f"the meanings of what is said in the library at {location}, or what is read in its pictures, cannot be read "
        f"({_reason(error) or 'damaged'}); derive them again, without transcribing a film, with: hearsight repair "
        "FOLDER, and then: hearsight index FOLDER"
    )


def write_error(location: Path, error: Exception) -> HearsightError:
    """Return the error to raise when a library cannot be written. One without a reason means that it is damaged."""
    reason = _reason(error)
    if reason is None:
        return read_error(location, error)
    return HearsightError(
        f"cannot write the library at {location}: {reason}; make room or get permission there and run this again, or "
        "keep it elsewhere (--library)"
    )


def _reason(error: Exception) -> str | None:
    """Return the system's reason, if there is one."""
    match = SYSTEM_ERROR.search(str(error))
    return getattr(error, "strerror", None) or (match[1].strip() if match else None)
