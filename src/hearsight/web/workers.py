"""Who searches: this process, or helpers once searches wait for each other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from hearsight.errors import HearsightError
from hearsight.web.helpers import Helper, LostError

if TYPE_CHECKING:
    from hearsight.library import Collection

# So many may wait for their turn. Whoever comes then is told to come again.
MOST_WAITING = 48
# Of those that wait or are at work, so many are no reason to call helpers: a page asks for two things at once.
FEW = 3
# A helper is given the next task while it is at work on one, so that it never waits for this process.
AT_ONCE = 2

P = ParamSpec("P")
R = TypeVar("R")


class BusyError(HearsightError):
    """Too much is asked for at once."""


class Workers:
    """Lives in one event loop. load: what a helper searches; can be pickled. helpers: how many there may be.

    This process searches in one thread, since a search keeps a core busy and more would only wait for each other; and
    not at all while there are helpers, to answer all the sooner.
    """

    def __init__(self, load: Callable[[], Collection], helpers: int) -> None:
        self._load = load
        self._most = helpers
        self._helpers: list[Helper] = []
        self._calls: list[asyncio.Task[None]] = []
        self._here = ThreadPoolExecutor(1, thread_name_prefix="search")
        self._free: asyncio.Queue[Helper | None] = asyncio.Queue()  # whose turn it is; None is this process
        self._free.put_nowait(None)
        self._waiting = 0

    async def work(self, task: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a method of the collection in whichever process is free first.

        Raises BusyError when too many wait already.
        """
        if self._waiting >= MOST_WAITING:
            raise BusyError("too many searches at once; try again in a moment")
        self._waiting += 1
        if self._waiting > FEW and not self._calls:
            self._calls = [asyncio.create_task(self._call()) for _ in range(self._most)]
        try:
            return await self._work(task, *args, **kwargs)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        for call in self._calls:
            call.cancel()
        for helper in self._helpers:
            helper.close()
        self._here.shutdown(wait=False, cancel_futures=True)

    async def _work(self, task: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        worker = await self._free.get()
        try:
            if worker is not None:
                return await worker.run(task, *args, **kwargs)
            return await asyncio.get_running_loop().run_in_executor(self._here, partial(task, *args, **kwargs))
        except LostError:
            self._lose(worker)
        finally:
            if worker in self._helpers or (worker is None and not self._helpers):
                self._free.put_nowait(worker)
        return await self._work(task, *args, **kwargs)

    async def _call(self) -> None:
        helper = Helper(self._load)
        try:
            await helper.ready()
        except LostError:
            return
        except asyncio.CancelledError:
            helper.close()
            raise
        self._helpers.append(helper)
        for _ in range(AT_ONCE):
            self._free.put_nowait(helper)

    def _lose(self, helper: Helper | None) -> None:
        """Go on without a helper, and without any in this process again."""
        if helper in self._helpers:
            self._helpers.remove(helper)
            if not self._helpers:
                self._free.put_nowait(None)
