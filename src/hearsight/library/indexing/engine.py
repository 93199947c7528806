"""What an update leaves to an engine: the way from files to rows of clips.

`InProcess` is the one that needs nothing: a thread reads ahead while the one that updates encodes what is ready, in
batches that cross from one file to the next. `hearsight.scale` has one for clusters.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch

from hearsight.library.indexing.diff import Pending
from hearsight.library.indexing.encode import Rows, batch_size, encode
from hearsight.library.indexing.prefetch import prefetch
from hearsight.library.indexing.read import Failed, Finished, Read, Reader, ReadEvent, Started
from hearsight.library.tables.store import Store

# A batch is not held back for longer than this; a fast reader fills it well before.
PATIENCE = 1.0


@dataclass(frozen=True)
class Heard:
    """So much of a file is transcribed, from 0 to 1."""

    pending: Pending
    share: float


@dataclass(frozen=True)
class Encoded:
    """A clip is encoded, one of so many that the file has to be read for."""

    pending: Pending
    of: int


Event = Started | Heard | Encoded | Finished | Failed


class Engine(Protocol):
    """Indexes files. One engine serves one update at a time.

    distributed: whether other processes encode, which are sent the model.
    """

    distributed: bool

    def check(self, folder: Path, location: Path) -> None:
        """Raise HearsightError if the engine cannot read a folder of videos, or the library at a location."""

    def index(self, reader: Reader, store: Store, files: Sequence[Pending]) -> Generator[Sequence[Event]]:
        """What becomes of the files, read as this reader reads them, in order for each file.

        Now and then nothing is told, so that what came before can be written. Raises HearsightError if it cannot go on.
        """

    def commit(self, store: Store) -> None:
        """Add to the table of clips all those that are encoded."""


class InProcess:
    """One process, for one machine."""

    distributed = False

    def check(self, folder: Path, location: Path) -> None:
        """Do nothing: this process has read both."""

    def __init__(self) -> None:
        self._rows: list[Rows] = []

    def index(self, reader: Reader, store: Store, files: Sequence[Pending]) -> Generator[Sequence[Event]]:
        batch = batch_size(reader.model.device.type, torch.get_num_threads())
        waiting: list[ReadEvent] = []
        with closing(prefetch(reader.read(files), 2 * batch, PATIENCE)) as read:
            for event in read:
                if event is not None:
                    waiting.append(event)
                reads = sum(isinstance(event, Read) for event in waiting)
                if event is None or reads in (0, batch):
                    yield self._handled(reader, store, waiting)
                    waiting.clear()
                if event is None and reader.reading and reader.listened:
                    yield [Heard(reader.reading, reader.listened)]
        yield self._handled(reader, store, waiting)

    def commit(self, store: Store) -> None:
        if self._rows:
            if store.features:
                store.features.add([rows.features for rows in self._rows if rows.features is not None])
            store.add_clips([rows.clips for rows in self._rows])
        self._rows = []

    def _handled(self, reader: Reader, store: Store, events: Sequence[ReadEvent]) -> list[Event]:
        reads = [event for event in events if isinstance(event, Read)]
        if reads:
            self._rows.append(encode(reader.model, reads, store.features is not None))
        return encoded(events)


def encoded(events: Sequence[ReadEvent]) -> list[Event]:
    """What a reader told, once the clips among it are encoded."""
    return [Encoded(event.pending, event.of) if isinstance(event, Read) else event for event in events]
