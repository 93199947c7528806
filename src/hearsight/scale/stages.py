"""What the workers of a cluster do: read a handful of files, encode what was read, write it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import ray
import torch

from hearsight.library.indexing.diff import Pending
from hearsight.library.indexing.encode import encode
from hearsight.library.indexing.engine import Event, encoded
from hearsight.library.indexing.read import Failed, Finished, Read, Reader, ReadEvent
from hearsight.models.base import VideoTextModel
from hearsight.scale import fragments
from hearsight.scale.attempts import MOST, Attempts
from hearsight.speech.load import RecogniserFactory, load_recogniser, register_recogniser

DEADLY = f"{MOST} workers ended while they read it; it may be damaged, replace it or take it away"


@dataclass(frozen=True)
class Source:
    """A file as it was read. video: the id of its content; "" if it could not be read."""

    path: str
    video: str


@dataclass(frozen=True)
class Batch:
    """What was read of a file since the batch before. number: counts them."""

    source: Source
    number: int
    events: Sequence[ReadEvent]


@dataclass(frozen=True)
class Written:
    """What became of a batch, with what its clips, and their features, are committed by."""

    source: Source
    number: int
    events: Sequence[Event]
    clips: Sequence[str] = ()
    features: Sequence[str] = ()


@dataclass(frozen=True)
class Reading:
    """How workers read.

    reader: without its recogniser, which each worker loads by name, and without weights. factory: that of the
    recogniser if a plugin registered it, as a worker does not have the plugin's file.
    """

    reader: Reader
    recogniser: str
    batch: int
    factory: RecogniserFactory | None = None


def read(row: dict[str, Any], how: ray.ObjectRef) -> Iterator[dict[str, Any]]:
    """The batches of a handful of files. They are cut within each file, so that no row depends on who works."""
    reader, size = _reader(how)
    attempts = Attempts(reader.transcripts)
    for pending in row["handful"].files:
        number, events, clips = 0, [], 0
        for event in (
            reader.read([pending]) if attempts.begin(pending.path) else [Failed(pending, DEADLY, "", unfinished="")]
        ):
            events.append(event)
            clips += isinstance(event, Read)
            if clips == size:
                yield {"batch": Batch(_source(pending, events), number, events)}
                number, events, clips = number + 1, [], 0
        yield {"batch": Batch(_source(pending, events), number, events)}
        attempts.end(pending.path)


def _source(pending: Pending, events: Sequence[ReadEvent]) -> Source:
    videos = [event.facts.video for event in events if isinstance(event, Read)]
    videos += [event.video.id for event in events if isinstance(event, Finished)]
    return Source(pending.path, videos[0] if videos else "")


@lru_cache(maxsize=1)
def _reader(how: ray.ObjectRef) -> tuple[Reader, int]:
    """A worker's reader, made when it is first needed."""
    reading: Reading = ray.get(how)
    if reading.factory:
        register_recogniser(reading.recogniser.partition(":")[0])(reading.factory)
    return replace(reading.reader, recogniser=load_recogniser(reading.recogniser)), reading.batch


class Encode:
    """An actor that holds the model, encodes batches and writes them beside the table's rows."""

    def __init__(self, model: ray.ObjectRef, device: str, clips: Path, features: Path | None) -> None:
        if device == "cpu":
            torch.set_num_threads(1)  # sums of several threads round otherwise
        loaded: VideoTextModel = ray.get(model)
        self.model = loaded.to(device)
        self.clips, self.features = clips, features

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        batch: Batch = row["batch"]
        reads = [event for event in batch.events if isinstance(event, Read)]
        written = Written(batch.source, batch.number, encoded(batch.events))
        if reads:
            rows = encode(self.model, reads, self.features is not None)
            written = replace(written, clips=fragments.write(rows.clips, self.clips))
            if self.features and rows.features:
                written = replace(written, features=fragments.write(rows.features, self.features))
        return {"written": written}
