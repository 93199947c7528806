"""Indexing on a Ray cluster.

Ray Data streams handfuls of files through two stages: reading (decoding and transcribing), one task on each CPU, and
actors that hold the model, one on each GPU, encode what was read and write it as fragments of the table. Where the
model computes on CPUs, Ray Data fuses both stages: an actor on each CPU reads and encodes. This process alone commits.
It takes what was written of each file in order, and once, whatever Ray did again because a worker or node was lost.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import ray
import ray.data
import torch

from hearsight.errors import HearsightError
from hearsight.library.indexing.diff import Pending
from hearsight.library.indexing.encode import batch_size
from hearsight.library.indexing.engine import Event
from hearsight.library.indexing.prefetch import prefetch
from hearsight.library.indexing.read import Failed, Finished, Reader
from hearsight.library.tables.errors import write_error
from hearsight.library.tables.store import Store
from hearsight.models.base import VideoTextModel
from hearsight.models.load import build
from hearsight.scale import fragments
from hearsight.scale.attempts import Attempts
from hearsight.scale.cluster import check_nodes, connect
from hearsight.scale.stages import Encode, Reading, Source, Written, read
from hearsight.speech.load import plugin_factory

RESOURCES = {"cpu": "CPU", "cuda": "GPU"}  # as Ray counts them
PATIENCE = 1.0
PREFETCHED = 8  # rows; they are small
# Workers write a fragment for each batch, and a table of many small ones is slow to open and to search.
MOST_SMALL = 1024
# A handful has so many files at most, of so many bytes: what Ray does for a task is much beside a short file. Where
# there are few files they are fewer, so that each worker comes to have so many handfuls.
MOST_FILES = 8
MOST_BYTES = 64 << 20
HANDFULS_A_WORKER = 4


class RayEngine:
    """An `Engine` of a Ray cluster. Use it in a `with` block, which leaves the cluster at its end.

    address: see `cluster.connect`. device: where workers compute, "cpu" or "cuda".
    """

    distributed = True

    def __init__(self, address: str | None = None, device: str = "cpu") -> None:
        if device not in RESOURCES:
            raise HearsightError(f"a cluster has no {device}; choose --device {' or '.join(RESOURCES)}")
        connect(address)
        self.device = device
        self._clips: list[str] = []
        self._features: list[str] = []
        self._small = 0
        if not self._workers:
            ray.shutdown()
            raise HearsightError(
                f"the cluster has no {self._resource}; add a node that has, or choose another --device"
            )

    @property
    def _resource(self) -> str:
        return RESOURCES[self.device]

    @property
    def _workers(self) -> int:
        """How many actors the cluster has room for."""
        return int(ray.cluster_resources().get(self._resource, 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ray.shutdown()

    def check(self, folder: Path, location: Path) -> None:
        """Raise HearsightError if a node cannot see a folder of videos, or the library at a location."""
        check_nodes(location, folder)

    def index(self, reader: Reader, store: Store, files: Sequence[Pending]) -> Generator[Sequence[Event]]:
        if not files:
            return
        there = (pending.entry.file for pending in files if pending.entry.file.is_file())
        check_nodes(store.location, next(there, None))
        Attempts(reader.transcripts).forget()
        order = InOrder()
        with (
            _translate_errors(store.location),
            closing(prefetch(self._stream(reader, store, files), PREFETCHED, PATIENCE)) as stream,
        ):
            for row in stream:
                for written in order.put(row["written"]) if row else ():
                    self._clips += written.clips
                    self._features += written.features
                    yield written.events
                yield []

    def commit(self, store: Store) -> None:
        if not self._clips:
            return
        try:
            if store.features:
                fragments.commit(self._features, store.features.path)
            fragments.commit(self._clips, store.clips_path)
            self._small += len(self._clips)
            self._clips, self._features = [], []
            if self._small >= MOST_SMALL:
                fragments.compact(store.clips_path)
                self._small = 0
        except (OSError, RuntimeError) as error:
            raise write_error(store.location, error) from error

    def _stream(self, reader: Reader, store: Store, files: Sequence[Pending]) -> Iterator[dict[str, Any]]:
        """What Ray Data brings of all handfuls, in any order."""
        name = reader.recogniser.name if reader.recogniser else "none"
        shipped = replace(reader, model=skeleton(reader.model), recogniser=None)
        factory = plugin_factory(name)
        _ship_by_value(type(reader.model))
        if factory:
            _ship_by_value(factory)
        how = ray.put(Reading(shipped, name, batch_size(self.device, threads=1), factory))
        arguments = ray.put(reader.model), self.device, store.clips_path, store.features and store.features.path
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.raise_original_map_exception = True
        context.target_max_block_size = 1  # each row goes on at once
        rows = [{"handful": handful} for handful in handfuls(files, self._workers)]
        # A handful waits until an actor is free, so that none waits behind a film while another actor is idle.
        pool = ray.data.ActorPoolStrategy(size=min(self._workers, len(rows)), max_tasks_in_flight_per_actor=1)
        # Stages that ask for the same are fused.
        needs: dict[str, Any] = {"num_cpus": 1} if self.device == "cpu" else {"num_cpus": 0, "num_gpus": 1}
        data = ray.data.from_items(rows, override_num_blocks=len(rows)).flat_map(partial(read, how=how), num_cpus=1)
        return iter(data.map(Encode, fn_constructor_args=arguments, compute=pool, **needs).iter_rows())


@contextmanager
def _translate_errors(location: Path) -> Iterator[None]:
    """Tell of what went wrong on the cluster in our words."""
    try:
        yield
    except ray.exceptions.RayTaskError as error:
        cause = error.cause
        if isinstance(cause, HearsightError):
            raise HearsightError(str(cause)) from error
        if isinstance(cause, OSError):
            raise write_error(location, cause) from error
        raise
    except ray.exceptions.RayError as error:
        raise HearsightError(
            f"the cluster cannot go on: {str(error).strip().splitlines()[-1]}; what is indexed is kept: run this again"
        ) from error


def _ship_by_value(code: Callable[..., Any]) -> None:
    """Send the code of a plugin's method or recogniser to the workers, which may not have its file."""
    module = code.func.__module__ if isinstance(code, partial) else code.__module__
    if not module.startswith("hearsight."):
        ray.cloudpickle.register_pickle_by_value(sys.modules[module])


class InOrder:
    """Puts what was written of each file in order, and leaves out what comes again, or after the file's end.

    A file that had another content when it was read again is another: what was written of the first has no video.
    """

    def __init__(self) -> None:
        self._next: Counter[Source] = Counter()
        self._early: dict[tuple[Source, int], Written] = {}
        self._over: set[str] = set()  # finished, or failed

    def put(self, written: Written) -> Iterator[Written]:
        source = written.source
        if source.path in self._over:
            return
        if any(isinstance(event, Failed) for event in written.events):
            self._over.add(source.path)
            yield written
            return
        if written.number >= self._next[source]:
            self._early[source, written.number] = written
        while following := self._early.pop((source, self._next[source]), None):
            self._next[source] += 1
            if any(isinstance(event, Finished) for event in following.events):
                self._over.add(source.path)
            yield following


@dataclass(frozen=True)
class Handful:
    """Files that one worker reads, one after the other."""

    files: Sequence[Pending]


def handfuls(files: Sequence[Pending], workers: int) -> list[Handful]:
    """The files in handfuls, the largest first, so that no worker comes to a long film when all others are done."""
    most = max(1, min(MOST_FILES, len(files) // (HANDFULS_A_WORKER * workers)))
    groups: list[list[Pending]] = []
    room = 0
    for pending in files:
        room -= pending.entry.size
        if not groups or room < 0 or len(groups[-1]) == most:
            groups.append([])
            room = MOST_BYTES - pending.entry.size
        groups[-1].append(pending)
    groups.sort(key=lambda group: -sum(pending.entry.size for pending in group))
    return [Handful(group) for group in groups]


def skeleton(model: VideoTextModel) -> VideoTextModel:
    """The model without its weights: what is needed to make its inputs."""
    _ = model.tokenizer.size  # reads the tokenizer's files, which are not on every node
    with torch.device("meta"):
        return build(model.config, model.tokenizer)
