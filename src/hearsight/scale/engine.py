"""Index on a Ray cluster.

Ray Data streams groups of files through two stages. Tasks, one on each CPU, decode and transcribe the files. Actors
that hold the model, one on each GPU, encode the clips and write them as fragments of the table. If the model computes
on CPUs, Ray Data fuses both stages: an actor on each CPU reads and encodes. Only this process commits. It takes the
batches of each file in order and once, even if Ray repeats work because a worker or node was lost.
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
from hearsight.library.indexing.diff import PendingFile
from hearsight.library.indexing.encode import batch_size
from hearsight.library.indexing.engine import Event
from hearsight.library.indexing.prefetch import prefetch
from hearsight.library.indexing.read import Failed, Finished, Reader
from hearsight.library.tables.errors import write_error
from hearsight.library.tables.store import Store
from hearsight.models.base import VideoTextModel
from hearsight.models.load import build
from hearsight.scale import fragments
from hearsight.scale.cluster import check_nodes, connect
from hearsight.scale.crash_counter import CrashCounter
from hearsight.scale.stages import Encode, FileVersion, ReaderSettings, WrittenBatch, read
from hearsight.speech.load import plugin_factory

RESOURCES = {"cpu": "CPU", "cuda": "GPU"}  # as Ray counts them
TIMEOUT = 1.0
PREFETCHED = 8  # rows, which are small
# Workers write a fragment for each batch, and a table of many small ones is slow to open and to search.
MAX_SMALL_FRAGMENTS = 1024
# Limits of a group of files: Ray's work for a task is large compared to a short file. If there are few files, groups
# are smaller, so that each worker gets several of them.
MAX_FILES = 8
MAX_BYTES = 64 << 20
GROUPS_PER_WORKER = 4


class RayEngine:
    """An `Engine` that runs on a Ray cluster. Use it in a `with` block, which leaves the cluster at its end.

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
        """Return how many actors the cluster has room for."""
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

    def index(self, reader: Reader, store: Store, files: Sequence[PendingFile]) -> Generator[Sequence[Event]]:
        if not files:
            return
        local_files = (pending.entry.file for pending in files if pending.entry.file.is_file())
        check_nodes(store.location, next(local_files, None))
        CrashCounter(reader.transcripts).reset()
        orderer = ResultOrderer()
        with (
            _translate_errors(store.location),
            closing(prefetch(self._stream(reader, store, files), PREFETCHED, TIMEOUT)) as stream,
        ):
            for row in stream:
                for written in orderer.put(row["written"]) if row else ():
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
            if self._small >= MAX_SMALL_FRAGMENTS:
                fragments.compact(store.clips_path)
                self._small = 0
        except (OSError, RuntimeError) as error:
            raise write_error(store.location, error) from error

    def _stream(self, reader: Reader, store: Store, files: Sequence[PendingFile]) -> Iterator[dict[str, Any]]:
        """Yield the rows of all groups of files, in any order."""
        name = reader.recogniser.name if reader.recogniser else "none"
        shipped = replace(reader, model=without_weights(reader.model), recogniser=None)
        factory = plugin_factory(name)
        _ship_by_value(type(reader.model))
        if factory:
            _ship_by_value(factory)
        settings = ray.put(ReaderSettings(shipped, name, batch_size(self.device, threads=1), factory))
        arguments = ray.put(reader.model), self.device, store.clips_path, store.features and store.features.path
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.raise_original_map_exception = True
        context.target_max_block_size = 1  # each row is passed on at once
        rows = [{"group": group} for group in group_files(files, self._workers)]
        # A group waits until an actor is free, so that none waits behind a film while another actor is idle.
        pool = ray.data.ActorPoolStrategy(size=min(self._workers, len(rows)), max_tasks_in_flight_per_actor=1)
        # Ray fuses stages that need the same resources.
        needs: dict[str, Any] = {"num_cpus": 1} if self.device == "cpu" else {"num_cpus": 0, "num_gpus": 1}
        data = ray.data.from_items(rows, override_num_blocks=len(rows)).flat_map(
            partial(read, settings=settings), num_cpus=1
        )
        return iter(data.map(Encode, fn_constructor_args=arguments, compute=pool, **needs).iter_rows())


@contextmanager
def _translate_errors(location: Path) -> Iterator[None]:
    """Raise errors of the cluster as HearsightError."""
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
            f"the cluster stopped: {str(error).strip().splitlines()[-1]}; finished files stay: run this again"
        ) from error


def _ship_by_value(code: Callable[..., Any]) -> None:
    """Send the code of a plugin's method or recogniser to the workers, which may not have its file."""
    module = code.func.__module__ if isinstance(code, partial) else code.__module__
    if not module.startswith("hearsight."):
        ray.cloudpickle.register_pickle_by_value(sys.modules[module])


class ResultOrderer:
    """Puts the batches of each file in order, and drops repeated ones and those after the end of the file.

    A file whose content differs when it is read again counts as another version. Clips of the first version belong to
    no video, and the update removes them.
    """

    def __init__(self) -> None:
        self._next: Counter[FileVersion] = Counter()
        self._early: dict[tuple[FileVersion, int], WrittenBatch] = {}
        self._ended: set[str] = set()  # paths of files that are finished or failed

    def put(self, written: WrittenBatch) -> Iterator[WrittenBatch]:
        """Add a batch, and yield those that are next in the order of their files."""
        version = written.version
        if version.path in self._ended:
            return
        if any(isinstance(event, Failed) for event in written.events):
            self._ended.add(version.path)
            yield written
            return
        if written.number >= self._next[version]:
            self._early[version, written.number] = written
        while following := self._early.pop((version, self._next[version]), None):
            self._next[version] += 1
            if any(isinstance(event, Finished) for event in following.events):
                self._ended.add(version.path)
            yield following


@dataclass(frozen=True)
class FileGroup:
    """Files that one worker reads, one after the other."""

    files: Sequence[PendingFile]


def group_files(files: Sequence[PendingFile], workers: int) -> list[FileGroup]:
    """Group the files, the largest group first, so that no worker starts a long film when all others are done."""
    limit = max(1, min(MAX_FILES, len(files) // (GROUPS_PER_WORKER * workers)))
    groups: list[list[PendingFile]] = []
    room = 0
    for pending in files:
        room -= pending.entry.size
        if not groups or room < 0 or len(groups[-1]) == limit:
            groups.append([])
            room = MAX_BYTES - pending.entry.size
        groups[-1].append(pending)
    groups.sort(key=lambda group: -sum(pending.entry.size for pending in group))
    return [FileGroup(group) for group in groups]


def without_weights(model: VideoTextModel) -> VideoTextModel:
    """Return the model without its weights, which still prepares inputs."""
    _ = model.tokenizer.size  # reads the tokenizer's files, which are not on every node
    with torch.device("meta"):
        return build(model.config, model.tokenizer)
