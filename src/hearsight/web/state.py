"""The state of a server: its libraries, their model once it is loaded, and their updates."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from hearsight.web.pool import SearchPool
from hearsight.web.updates import Updater

if TYPE_CHECKING:
    from hearsight.library import Collection
    from hearsight.library.results import Suggestion

# Each example is decoded by a process of its own, which takes up to some hundred megabytes.
MAX_DECODERS = 2
# Examples that are received or decoded at once. Each is a file, and a slow client takes long to send one.
MAX_EXAMPLES = 16

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class IndexedFolder:
    """A folder of videos and the location of its index."""

    folder: Path
    location: Path


class ServerState:
    """What the routes of a server share. Created before its event loop; `open` and `close` run in the loop.

    folders: by the names of the libraries in the API. model: its name. load: opens the libraries and their model,
    which takes seconds; runs in a thread, and must be picklable for helper processes. token: required in every
    request, unless None. helpers: the largest number of processes that search beside this one. plugin: the user's own
    file, which updates run first.
    """

    def __init__(
        self,
        folders: Mapping[str, IndexedFolder],
        model: str,
        load: Callable[[], Collection],
        token: str | None = None,
        helpers: int = 0,
        plugin: Path | None = None,
    ) -> None:
        self.folders = dict(folders)
        self.model = model
        self.token = token
        self.plugin = plugin
        self.updates: dict[str, Updater] = {}
        self._load = load
        self._loading: asyncio.Task[Collection] | None = None
        self.pool = SearchPool(load, helpers)
        self._suggestions: asyncio.Task[list[Suggestion]] | None = None
        self.example_slots = asyncio.Semaphore(MAX_EXAMPLES)
        self.decoder_slots = asyncio.Semaphore(MAX_DECODERS)

    def open(self) -> None:
        """Begin to load the model and the libraries."""
        self.updates = {
            name: Updater(indexed.folder, indexed.location, self.plugin) for name, indexed in self.folders.items()
        }
        self._loading = asyncio.create_task(asyncio.to_thread(self._load))

    async def close(self) -> None:
        """Stop the updates and the helper processes."""
        for update in self.updates.values():
            await update.close()
        self.pool.close()

    @property
    def ready(self) -> bool:
        """Whether the libraries and their model are loaded."""
        loading = self._loading
        return loading is not None and loading.done() and not loading.cancelled() and loading.exception() is None

    async def collection(self) -> Collection:
        """Return the open libraries, after waiting for the model. Raises the error that loading ended with."""
        assert self._loading is not None, "the server has not been opened"
        return await asyncio.shield(self._loading)

    async def suggestions(self) -> list[Suggestion]:
        """Return example queries. They are computed once, unless there were none because nothing was indexed."""
        collection = await self.collection()
        task = self._suggestions
        if task is None or (task.done() and (task.exception() or not task.result())):
            task = self._suggestions = asyncio.create_task(self.run_in_thread(collection.suggestions))
        return await asyncio.shield(task)

    async def run_in_thread(self, task: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a short task, such as reading a row or a file, without waiting for searches."""
        return await asyncio.to_thread(task, *args, **kwargs)
