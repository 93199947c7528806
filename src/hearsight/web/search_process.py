"""Processes that search in parallel: Python runs one thread at a time, and a machine has several cores.

Each process opens the libraries and loads the model itself, which takes seconds and as much memory as the server.
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

MAX_PROCESSES = 4

P = ParamSpec("P")
R = TypeVar("R")


class ProcessLostError(Exception):
    """A search process has ended, most likely killed because memory is short."""


class SearchProcess:
    """A process with a collection of its own. It belongs to one event loop and ends with this process in any case.

    load: creates the collection in the process; must be picklable. Raises OSError if the process cannot be started.
    """

    def __init__(self, load: Callable[[], Collection]) -> None:
        self._loop = asyncio.get_running_loop()
        self._pending: deque[asyncio.Future[Any]] = deque()
        context = multiprocessing.get_context("spawn")
        self._pipe, child_pipe = context.Pipe()
        self._process = context.Process(target=_answer_tasks, args=(child_pipe, load), name="hearsight", daemon=True)
        # Ctrl-C in a terminal goes to all processes, but only this one should react. A new process inherits blocked
        # signals, unless multiprocessing has to start its resource tracker first, which unblocks them.
        resource_tracker.ensure_running()
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
        try:
            self._process.start()
        except OSError:
            self._pipe.close()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
            child_pipe.close()
        self._loop.add_reader(self._pipe.fileno(), self._read_answer)
        self._ready = self._expect_answer()

    async def ready(self) -> None:
        """Wait until the process can search. Raises ProcessLostError if it ends before."""
        await self._ready

    async def run(self, task: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a method of the collection in the process, after the tasks that were sent before.

        Raises what the method raises, or ProcessLostError.
        """
        try:
            self._pipe.send((cast("MethodType", task).__func__, args, kwargs))
        except OSError as error:
            raise ProcessLostError from error
        return cast("R", await self._expect_answer())

    def close(self) -> None:
        """Let the process end after its current task. Tasks that wait for an answer raise ProcessLostError."""
        if not self._pipe.closed:
            self._loop.remove_reader(self._pipe.fileno())
            self._pipe.close()
        while self._pending:
            _settle(self._pending.popleft(), ProcessLostError())

    def _expect_answer(self) -> asyncio.Future[Any]:
        self._pending.append(self._loop.create_future())
        return self._pending[-1]

    def _read_answer(self) -> None:
        """Read one answer. Answers arrive in the order of the tasks."""
        try:
            answer = self._pipe.recv()
        except Exception:  # the process has ended, or its answer cannot be unpickled
            self.close()
            self._process.join(0.1)  # else it would remain as a zombie
        else:
            _settle(self._pending.popleft(), answer)


def _settle(future: asyncio.Future[Any], answer: Any) -> None:
    if future.done():  # cancelled: the client has disconnected
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)


def default_processes() -> int:
    """Return how many processes help on this machine: one for each core, up to MAX_PROCESSES, none on a single core."""
    return min(cores(), MAX_PROCESSES) if cores() > 1 else 0


def _answer_tasks(pipe: Connection, load: Callable[[], Collection]) -> None:
    """Answer tasks until the pipe is closed. However this ends, the server sees that the pipe is closed."""
    with suppress(EOFError, OSError, HearsightError):
        collection = load()
        pipe.send(None)
        while True:
            task, args, kwargs = pipe.recv()
            try:
                answer = task(collection, *args, **kwargs)
            except HearsightError as error:
                answer = error
            except Exception:  # may not be picklable
                answer = RuntimeError(traceback.format_exc())
            pipe.send(answer)
