"""What a server has: its libraries, their model once it is loaded, and who searches them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from hearsight.web.pool import Workers
from hearsight.web.updates import Updater

if TYPE_CHECKING:
    from hearsight.library import Collection
    from hearsight.library.results import Suggestion

# Each is decoded by a process of its own, of up to some hundred megabytes.
EXAMPLES_AT_WORK = 2
# Examples that are being sent, which takes as long as the sender likes, or are decoded. Each is a file.
MOST_EXAMPLES = 16

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Shelf:
    """An indexed folder by the name that the API has for it. at: where its library is kept."""

    folder: Path
    at: Path


class Serving:
    """The state of a server. Made before its event loop; `open` and `close` run in it.

    load: opens the libraries and their model, which takes seconds; runs in a thread of its own. token: what every
    request has to know, if anything. helpers: how many other processes may search; `load` has to be fit for pickling.
    plugin: a file of a person's own that updates have to run first.
    """

    def __init__(
        self,
        shelves: Mapping[str, Shelf],
        model: str,
        load: Callable[[], Collection],
        token: str | None = None,
        helpers: int = 0,
        plugin: Path | None = None,
    ) -> None:
        self.shelves = dict(shelves)
        self.model = model
        self.token = token
        self.plugin = plugin
        self.updates: dict[str, Updater] = {}
        self._load = load
        self._loading: asyncio.Task[Collection] | None = None
        self.workers = Workers(load, helpers)
        self._suggestions: asyncio.Task[list[Suggestion]] | None = None
        self.examples = asyncio.Semaphore(MOST_EXAMPLES)
        self.decoders = asyncio.Semaphore(EXAMPLES_AT_WORK)

    def open(self) -> None:
        self.updates = {name: Updater(shelf.folder, shelf.at, self.plugin) for name, shelf in self.shelves.items()}
        self._loading = asyncio.create_task(asyncio.to_thread(self._load))

    async def close(self) -> None:
        for update in self.updates.values():
            await update.close()
        self.workers.close()

    @property
    def ready(self) -> bool:
        loading = self._loading
        return loading is not None and loading.done() and not loading.cancelled() and loading.exception() is None

    async def collection(self) -> Collection:
        """The libraries, open. Waits for the model. Raises what went wrong with it."""
        assert self._loading is not None, "the server has not been opened"
        return await asyncio.shield(self._loading)

    async def suggested(self) -> list[Suggestion]:
        """What could be asked; worked out once there is anything."""
        from hearsight.library.search.suggestions import suggestions

        collection = await self.collection()
        found = self._suggestions
        if found is None or (found.done() and (found.exception() or not found.result())):
            found = self._suggestions = asyncio.create_task(self.look(suggestions, collection))
        return await asyncio.shield(found)

    async def look(self, task: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run something that reads a little of a table or file, or is done once: not held up by searches."""
        return await asyncio.to_thread(task, *args, **kwargs)


def named(shelves: Sequence[Shelf]) -> dict[str, Shelf]:
    """Shelves by the names of their folders, with a number behind one that is taken."""
    names: dict[str, Shelf] = {}
    for shelf in shelves:
        folder = shelf.folder.name.encode("utf-8", "replace").decode() or "library"
        name, turn = folder, 1
        while name in names:
            turn += 1
            name = f"{folder} {turn}"
        names[name] = shelf
    return names
