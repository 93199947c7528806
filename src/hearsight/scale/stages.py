"""Run the stages of the workers: read a batch of files, encode their clips, write the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import ray
import torch

from hearsight.library.indexing.diff import PendingFile
from hearsight.library.indexing.encode import encode
from hearsight.library.indexing.engine import Event, to_engine_events
from hearsight.library.indexing.read import ClipRead, Failed, Finished, Reader, ReadEvent
from hearsight.models.base import VideoTextModel
from hearsight.scale import fragments
from hearsight.scale.crash_counter import MAX_ATTEMPTS, CrashCounter
from hearsight.speech.load import RecogniserFactory, load_recogniser, register_recogniser

CRASHES = f"{MAX_ATTEMPTS} workers ended while they read it; it may be damaged, replace it or remove it"


@dataclass(frozen=True)
class FileVersion:
    """One version of a file. video: the id of its content; "" if it could not be read."""

    path: str
    video: str


@dataclass(frozen=True)
class Batch:
    """The events of a file since its previous batch. number: the position of this batch in the file, from 0."""

    version: FileVersion
    number: int
    events: Sequence[ReadEvent]


@dataclass(frozen=True)
class WrittenBatch:
    """A batch after encoding. clips, features: fragments of the tables, to be committed by the driver."""

    version: FileVersion
    number: int
    events: Sequence[Event]
    clips: Sequence[str] = ()
    features: Sequence[str] = ()


@dataclass(frozen=True)
class ReaderSettings:
    """The reader that a worker builds.

    reader: has no weights and no recogniser, which each worker loads by name. batch: clips in a batch. factory: builds
    the recogniser if a plugin registered it, as a worker does not have the plugin's file.
    """

    reader: Reader
    recogniser: str
    batch: int
    factory: RecogniserFactory | None = None


def read(row: dict[str, Any], settings: ray.ObjectRef) -> Iterator[dict[str, Any]]:
    """Yield the batches of a group of files. A batch never spans two files, so no row depends on the workers."""
    reader, size = _reader(settings)
    counter = CrashCounter(reader.transcripts)
    for pending in row["group"].files:
        number, events, clips = 0, [], 0
        for event in (
            reader.read([pending]) if counter.begin(pending.path) else [Failed(pending, CRASHES, "", resumable_id="")]
        ):
            events.append(event)
            clips += isinstance(event, ClipRead)
            if clips == size:
                yield {"batch": Batch(_version_of(pending, events), number, events)}
                number, events, clips = number + 1, [], 0
        yield {"batch": Batch(_version_of(pending, events), number, events)}
        counter.end(pending.path)


def _version_of(pending: PendingFile, events: Sequence[ReadEvent]) -> FileVersion:
    videos = [event.facts.video for event in events if isinstance(event, ClipRead)]
    videos += [event.video.id for event in events if isinstance(event, Finished)]
    return FileVersion(pending.path, videos[0] if videos else "")


@lru_cache(maxsize=1)
def _reader(reference: ray.ObjectRef) -> tuple[Reader, int]:
    """Return the reader of this worker, built on first use, and the number of clips in a batch."""
    settings: ReaderSettings = ray.get(reference)
    if settings.factory:
        register_recogniser(settings.recogniser.partition(":")[0])(settings.factory)
    return replace(settings.reader, recogniser=load_recogniser(settings.recogniser)), settings.batch


class Encode:
    """An actor that holds the model, encodes batches and writes their rows as fragments of the tables."""

    def __init__(self, model: ray.ObjectRef, device: str, clips: Path, features: Path | None) -> None:
        if device == "cpu":
            torch.set_num_threads(1)  # several threads would round sums differently
        loaded: VideoTextModel = ray.get(model)
        self.model = loaded.to(device)
        self.clips, self.features = clips, features

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        batch: Batch = row["batch"]
        reads = [event for event in batch.events if isinstance(event, ClipRead)]
        written = WrittenBatch(batch.version, batch.number, to_engine_events(batch.events))
        if reads:
            rows = encode(self.model, reads, self.features is not None)
            written = replace(written, clips=fragments.write(rows.clips, self.clips))
            if self.features and rows.features:
                written = replace(written, features=fragments.write(rows.features, self.features))
        return {"written": written}
