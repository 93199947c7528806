"""The pool of searches: they run in this process, or in helper processes when many arrive at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from hearsight.errors import HearsightError
from hearsight.web.search_process import ProcessLostError, SearchProcess

if TYPE_CHECKING:
    from hearsight.library import Collection

# Searches that may run or wait at once. Further ones are refused.
MAX_SEARCHES = 48
# More searches than this start the helper processes. The page itself sends two or three requests at once.
CROWD = 3
# A process gets its next task while it still runs one, so that it never waits for the server.
TASKS_PER_PROCESS = 2
# Seconds before processes are started again after one was lost, most likely because memory is short.
RESTART_SECONDS = 60.0
# A task whose process was lost is given to another one, but a task that kills every process is not run a third time.
MAX_ATTEMPTS = 2

P = ParamSpec("P")
R = TypeVar("R")


class BusyError(HearsightError):
    """Too many requests arrive at once."""


class SearchPool:
    """Runs searches one after the other in this process, and in parallel in helper processes if many wait.

    A search takes a free slot. This process has one slot, because a search keeps a core busy and two threads would
    only wait for each other. While there are helper processes it has none, so that it answers sooner.

    load: creates the collection in a helper process; must be picklable. processes: the largest number of them.
    Belongs to one event loop.
    """

    def __init__(self, load: Callable[[], Collection], processes: int) -> None:
        self._load = load
        self._max_processes = processes
        self._processes: list[SearchProcess] = []
        self._starting: set[asyncio.Task[None]] = set()
        self._earliest_start = 0.0  # by the loop's clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="search")
        self._slots: asyncio.Queue[SearchProcess | None] = asyncio.Queue()  # None is this process
        self._slots.put_nowait(None)
        self._slot_removed = False  # whether this process has no slot at present
        self._searches = 0
        self._closing = False

    async def run(self, task: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a method of the collection in a helper process if there are any, else in this process.

        Raises BusyError if too many searches wait already.
        """
        if self._searches >= MAX_SEARCHES:
            raise BusyError("too many searches at once; try again in a moment")
        self._searches += 1
        try:
            self._start_if_crowded()
            for _ in range(MAX_ATTEMPTS):
                try:
                    return await self._run_once(task, *args, **kwargs)
                except ProcessLostError:
                    if self._closing:
                        break
        finally:
            self._searches -= 1
        raise BusyError("the process that ran the search has ended; try again in a moment")

    def close(self) -> None:
        """End all processes. Searches that still run are lost."""
        self._closing = True
        for starting in self._starting:
            starting.cancel()
        for process in self._processes:
            process.close()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _run_once(self, task: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        while (slot := await self._slots.get()) is not None and slot not in self._processes:
            pass  # a slot of a process that was lost meanwhile
        try:
            if self._closing:
                raise ProcessLostError
            if slot is not None:
                return await slot.run(task, *args, **kwargs)
            return await asyncio.get_running_loop().run_in_executor(self._thread, partial(task, *args, **kwargs))
        except ProcessLostError:
            self._remove(slot)
            raise
        finally:
            if slot is None and self._processes:
                self._slot_removed = True
            elif slot is None or slot in self._processes:
                self._slots.put_nowait(slot)

    def _start_if_crowded(self) -> None:
        running = self._processes or self._starting
        if self._searches > CROWD and not running and asyncio.get_running_loop().time() >= self._earliest_start:
            self._starting = {asyncio.create_task(self._start()) for _ in range(self._max_processes)}
            for starting in self._starting:
                starting.add_done_callback(self._starting.discard)

    async def _start(self) -> None:
        process = None
        try:
            process = SearchProcess(self._load)
            await process.ready()
        except (ProcessLostError, OSError):
            self._remove(process)
        except asyncio.CancelledError:
            if process is not None:
                process.close()
            raise
        else:
            self._processes.append(process)
            for _ in range(TASKS_PER_PROCESS):
                self._slots.put_nowait(process)

    def _remove(self, process: SearchProcess | None) -> None:
        """Remove a process that was lost. After the last one, this process searches again."""
        self._earliest_start = asyncio.get_running_loop().time() + RESTART_SECONDS
        if process in self._processes:
            self._processes.remove(process)
        if self._slot_removed and not self._processes:
            self._slot_removed = False
            self._slots.put_nowait(None)
