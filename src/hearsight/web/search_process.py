"""Other processes that search as this one does: Python computes one thing at a time, and a machine has several cores.

Each opens the libraries and loads the model for itself, in seconds, and takes as much memory as the first.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
import traceback
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from hearsight.errors import HearsightError
from hearsight.util.cpu import cores

if TYPE_CHECKING:
    from types import MethodType

    from hearsight.library import Collection

MOST_HELPERS = 4

P = ParamSpec("P")
R = TypeVar("R")


class LostError(Exception):
    """A helper has ended: killed, most likely, where memory is short."""


class Helper:
    """A process with a collection of its own. Lives in one event loop, and ends with this process, however that ends.

    load: makes the collection there; can be pickled. Raises OSError where the system has no room for another process.
    """

    def __init__(self, load: Callable[[], Collection]) -> None:
        self._loop = asyncio.get_running_loop()
        self._awaited: deque[asyncio.Future[Any]] = deque()
        context = multiprocessing.get_context("spawn")
        self._pipe, there = context.Pipe()
        self._process = context.Process(target=_help, args=(there, load), name="hearsight helper", daemon=True)
        # Ctrl-C in a terminal is sent to all processes, and is this one's to hear. A new one blocks what is blocked,
        # unless multiprocessing has to begin its own process first, which unblocks it.
        resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            self._process.start()
        except OSError:
            self._pipe.close()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            there.close()
        self._loop.add_reader(self._pipe.fileno(), self._hear)
        self._ready = self._answer()

    async def ready(self) -> None:
        """Waits until it is. Raises LostError if it has ended before."""
        await self._ready

    async def run(self, task: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """What a method of the collection makes there, after what was asked before.

        Raises what it raises, or LostError.
        """
        try:
            self._pipe.send((cast("MethodType", task).__func__, args, kwargs))
        except OSError as error:
            raise LostError from error
        return cast("R", await self._answer())

    def close(self) -> None:
        """Let it end when it has done what it is at. Whoever still waits for an answer gets LostError."""
        if not self._pipe.closed:
            self._loop.remove_reader(self._pipe.fileno())
            self._pipe.close()
        while self._awaited:
            _settle(self._awaited.popleft(), LostError())

    def _answer(self) -> asyncio.Future[Any]:
        self._awaited.append(self._loop.create_future())
        return self._awaited[-1]

    def _hear(self) -> None:
        """Called when something came. Answers come in the order of what was asked."""
        try:
            answer = self._pipe.recv()
        except Exception:  # it has ended, or said what cannot be read
            self.close()
            self._process.join(0.1)  # else the system would go on keeping how it ended
        else:
            _settle(self._awaited.popleft(), answer)


def _settle(future: asyncio.Future[Any], answer: Any) -> None:
    """Unless who asked has left."""
    if future.done():
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)


def useful() -> int:
    """How many do good on this machine: one for each core, if there are several; not more than MOST_HELPERS."""
    return min(cores(), MOST_HELPERS) if cores() > 1 else 0


def _help(pipe: Connection, load: Callable[[], Collection]) -> None:
    """The life of a helper. However it ends, the other side finds the pipe closed."""
    with suppress(EOFError, OSError, HearsightError):
        collection = load()
        pipe.send(None)
        while True:
            task, args, kwargs = pipe.recv()
            try:
                answer = task(collection, *args, **kwargs)
            except HearsightError as error:
                answer = error
            except Exception:  # which might not be fit for pickling
                answer = RuntimeError(traceback.format_exc())
            pipe.send(answer)
