"""What a process and its child (child_process.py) send each other, pickled."""

from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

EXIT_MEMORY = 3  # the status of a child that has reached its limit of memory


@dataclass(frozen=True)
class Limits:
    """What a call may take. seconds: of processor time. memory: bytes, beyond those that the child has before it."""

    seconds: float
    memory: int


@dataclass(frozen=True)
class Request:
    """A generator function that the child shall call."""

    function: Callable[..., Iterator[Any]]
    arguments: Sequence[Any]
    limits: Limits


@dataclass(frozen=True)
class ItemAnswer:
    """An item that the function has yielded."""

    item: Any


@dataclass(frozen=True)
class LogAnswer:
    """A record that the function has logged, without objects of its own."""

    record: logging.LogRecord

    def log(self) -> None:
        """Log the record in this process, if its logger logs such records here."""
        logger = logging.getLogger(self.record.name)
        if logger.isEnabledFor(self.record.levelno):
            logger.handle(self.record)


@dataclass(frozen=True)
class EndAnswer:
    """The end of a function."""


@dataclass(frozen=True)
class ErrorAnswer:
    """An error that the function has raised, and its causes. traceback: as text."""

    errors: Sequence[BaseException]
    traceback: str

    @classmethod
    def of(cls, error: BaseException) -> ErrorAnswer:
        """Return the answer for an error."""
        text = "".join(traceback.format_exception(error))
        errors: list[BaseException] = []
        cause: BaseException | None = error
        while cause is not None:
            errors.append(_picklable(cause))
            cause = cause.__cause__
        return cls(errors, text)

    def error(self) -> BaseException:
        """Return the error. Its last cause is a `ChildTracebackError`."""
        cause: BaseException = ChildTracebackError(self.traceback)
        for error in reversed(self.errors):
            error.__cause__ = cause
            cause = error
        return cause


class ChildTracebackError(Exception):
    """The traceback of an error in a child, as text."""


def _picklable(error: BaseException) -> BaseException:
    """Return an error, or one with its type and message if a class of its own does not survive the way."""
    try:
        copy = pickle.loads(pickle.dumps(error))
    except Exception:
        copy = None
    return error if type(copy) is type(error) else RuntimeError(f"{type(error).__name__}: {error}")
