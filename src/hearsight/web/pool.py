"""Who searches: this process, or helpers once searches wait for each other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from hearsight.errors import HearsightError
from hearsight.web.search_process import Helper, LostError

if TYPE_CHECKING:
    from hearsight.library import Collection

# So many may wait for their turn or have it. Whoever comes then is told to come again.
MOST_WAITING = 48
# So many of these are no reason to start helpers: a page asks for two or three things at once.
FEW = 3
# A helper is given the next task while it is at work on one, so that it never waits for this process.
AT_ONCE = 2
# Seconds before helpers are started again after one was lost, for want of memory most likely.
PAUSE = 60.0
# A task that was lost with its helper is given to another; one that ends every process does not get a third.
TRIES = 2

P = ParamSpec("P")
R = TypeVar("R")


class BusyError(HearsightError):
    """Too much is asked for at once."""


class Workers:
    """Lives in one event loop. load: what a helper searches; can be pickled. helpers: how many there may be.

    Whoever has a seat may take the next task. This process has one, since a search keeps a core busy and more would
    only wait for each other; and none while there are helpers, to answer all the sooner.
    """

    def __init__(self, load: Callable[[], Collection], helpers: int) -> None:
        self._load = load
        self._most = helpers
        self._helpers: list[Helper] = []
        self._starting: set[asyncio.Task[None]] = set()
        self._not_before = 0.0  # by the loop's clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="search")
        self._seats: asyncio.Queue[Helper | None] = asyncio.Queue()  # None is this process
        self._seats.put_nowait(None)
        self._resting = False  # whether this process has given its seat away
        self._waiting = 0
        self._ending = False

    async def work(self, task: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a method of the collection: in a helper where there are any, or else here.

        Raises BusyError when too many wait already.
        """
        if self._waiting >= MOST_WAITING:
            raise BusyError("too many searches at once; try again in a moment")
        self._waiting += 1
        try:
            self._start_if_crowded()
            for _ in range(TRIES):
                try:
                    return await self._work(task, *args, **kwargs)
                except LostError:
                    if self._ending:
                        break
        finally:
            self._waiting -= 1
        raise BusyError("the search was lost with its process; try again in a moment")

    def close(self) -> None:
        """What is still at work is lost."""
        self._ending = True
        for starting in self._starting:
            starting.cancel()
        for helper in self._helpers:
            helper.close()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _work(self, task: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        while (seat := await self._seats.get()) is not None and seat not in self._helpers:
            pass  # lost meanwhile
        try:
            if self._ending:
                raise LostError
            if seat is not None:
                return await seat.run(task, *args, **kwargs)
            return await asyncio.get_running_loop().run_in_executor(self._thread, partial(task, *args, **kwargs))
        except LostError:
            self._lose(seat)
            raise
        finally:
            if seat is None and self._helpers:
                self._resting = True
            elif seat is None or seat in self._helpers:
                self._seats.put_nowait(seat)

    def _start_if_crowded(self) -> None:
        there = self._helpers or self._starting
        if self._waiting > FEW and not there and asyncio.get_running_loop().time() >= self._not_before:
            self._starting = {asyncio.create_task(self._start()) for _ in range(self._most)}
            for starting in self._starting:
                starting.add_done_callback(self._starting.discard)

    async def _start(self) -> None:
        helper = None
        try:
            helper = Helper(self._load)
            await helper.ready()
        except (LostError, OSError):
            self._lose(helper)
        except asyncio.CancelledError:
            if helper is not None:
                helper.close()
            raise
        else:
            self._helpers.append(helper)
            for _ in range(AT_ONCE):
                self._seats.put_nowait(helper)

    def _lose(self, helper: Helper | None) -> None:
        """Do without a helper; and where it was the last, search here again."""
        self._not_before = asyncio.get_running_loop().time() + PAUSE
        if helper in self._helpers:
            self._helpers.remove(helper)
        if self._resting and not self._helpers:
            self._resting = False
            self._seats.put_nowait(None)
