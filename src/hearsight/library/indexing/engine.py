"""Define engines, which turn the files of an update into rows of clips.

`LocalEngine` runs on one machine: a thread reads ahead, by a process that decodes and recognises, while the updating
thread encodes the clips that are ready, in batches that may span files. `hearsight.scale` has an engine for clusters.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import torch

from hearsight.library.indexing.diff import PendingFile
from hearsight.library.indexing.encode import Rows, batch_size, encode
from hearsight.library.indexing.prefetch import prefetch
from hearsight.library.indexing.read import ClipRead, Failed, Finished, Reader, ReadEvent, Started
from hearsight.library.tables.store import Store
from hearsight.util.child_process import Caller, call_here

# Seconds that an incomplete batch waits for the next clip; a fast reader fills it well before.
BATCH_TIMEOUT = 1.0


@dataclass(frozen=True)
class TranscriptionProgress:
    """An event of transcribing. share: seconds of speech that are transcribed, divided by the length of the file."""

    pending: PendingFile
    share: float


@dataclass(frozen=True)
class ClipEncoded:
    """An event that tells that a clip is encoded. total: the number of clips to encode in its file."""

    pending: PendingFile
    total: int


Event = Started | TranscriptionProgress | ClipEncoded | Finished | Failed


class Engine(Protocol):
    """An engine that indexes files, for one update at a time.

    distributed: whether other processes, which receive the model, do the work.
    """

    distributed: bool

    def check(self, folder: Path, location: Path) -> None:
        """Raise HearsightError if the engine cannot read a folder of videos, or the library at a location."""

    def index(self, reader: Reader, store: Store, files: Sequence[PendingFile]) -> Generator[Sequence[Event]]:
        """Read and encode files, and yield lists of events, in order for each file.

        An empty list gives the update a chance to commit earlier clips. Raises HearsightError if the engine fails.
        """

    def commit(self, store: Store) -> None:
        """Add all encoded clips to the tables."""


class LocalEngine:
    """An engine that encodes in this process. call: what decodes and recognises: a child process, or this one."""

    distributed = False

    def check(self, folder: Path, location: Path) -> None:
        """Do nothing, because this process has read both already."""

    def __init__(self, call: Caller = call_here) -> None:
        self._call = call
        self._rows: list[Rows] = []

    def index(self, reader: Reader, store: Store, files: Sequence[PendingFile]) -> Generator[Sequence[Event]]:
        reader.call = self._call
        batch = batch_size(reader.model.device.type, torch.get_num_threads())
        waiting: list[ReadEvent] = []
        with closing(prefetch(reader.read(files), 2 * batch, BATCH_TIMEOUT)) as read_events:
            for event in read_events:
                if event is not None:
                    waiting.append(event)
                clips = sum(isinstance(event, ClipRead) for event in waiting)
                if event is None or clips in (0, batch):
                    yield self._encode(reader, store, waiting)
                    waiting.clear()
                if event is None and reader.reading and reader.transcribed:
                    yield [TranscriptionProgress(reader.reading, reader.transcribed)]
        yield self._encode(reader, store, waiting)

    def commit(self, store: Store) -> None:
        if self._rows:
            if store.features:
                store.features.add([rows.features for rows in self._rows if rows.features is not None])
            store.add_clips([rows.clips for rows in self._rows])
        self._rows = []

    def _encode(self, reader: Reader, store: Store, events: Sequence[ReadEvent]) -> list[Event]:
        reads = [event for event in events if isinstance(event, ClipRead)]
        if reads:
            self._rows.append(encode(reader.model, reads, store.features is not None))
        return to_engine_events(events)


def to_engine_events(events: Sequence[ReadEvent]) -> list[Event]:
    """Return the events of a reader as those of an engine that has encoded the clips among them."""
    return [ClipEncoded(event.pending, event.total) if isinstance(event, ClipRead) else event for event in events]
