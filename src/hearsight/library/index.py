"""Bringing a library up to date with its folder.

A thread decodes and transcribes ahead (reading.py) while this one encodes what is ready, in batches that cross from one
file to the next. What was encoded is written every few seconds: first the clips, then the rows of the videos that they
complete. A run that is interrupted between any two steps leaves clips without a video, which no search shows; the next
run takes them up where the file is still the same, and drops the others when it ends.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import torch

from hearsight.errors import HearsightError
from hearsight.library.ahead import ahead
from hearsight.library.changes import Changes, compare
from hearsight.library.encoding import encode
from hearsight.library.reading import Event, Failed, Finished, Read, Reader, Started
from hearsight.library.results import Failure, Progress, UpdateReport
from hearsight.library.schema import clip_table
from hearsight.library.store import Store
from hearsight.library.walk import Walk, walk
from hearsight.models.clip4clip import CLIP4Clip
from hearsight.speech.recogniser import Recogniser

BATCH = {"cpu": max(8, torch.get_num_threads())}
BATCH_ON_ACCELERATOR = 32
# A batch is not held back for longer than this; a fast reader fills it well before.
PATIENCE = 1.0
# At most so much work is lost by an interruption, and so many rows are held in memory.
COMMIT_SECONDS = 5.0
COMMIT_CLIPS = 256


class Update:
    """One update of a library, which holds its lock meanwhile. See `Library.update`."""

    def __init__(
        self,
        folder: Path,
        store: Store,
        model: CLIP4Clip,
        recogniser: Recogniser | None,
        by: str,
        window: float,
        progress: Progress,
    ) -> None:
        self.folder, self.store = folder, store
        self.model, self.recogniser = model, recogniser
        self.by, self.window = by, window
        self.progress = progress
        self.report = UpdateReport()
        self.failures: dict[str, tuple[Failure, str]] = {}
        self.batch = BATCH.get(model.device.type, BATCH_ON_ACCELERATOR)
        self.transcripts = store.at / "transcripts"
        # Encoded but not yet written, and what is to be written with it.
        self.rows: list[pa.Table] = []
        self.finished: list[Finished] = []
        self.failed: list[Failed] = []
        self.written = time.monotonic()

    def run(self) -> UpdateReport:
        begun = time.monotonic()
        found = walk(self.folder, besides=self.store.at)
        snapshot = self.store.snapshot()
        if not (found.files or found.failed or snapshot.videos):
            raise HearsightError(f"no video or sound file in {self.folder}; give the folder that has them")
        known_failures = self.store.failures()
        stats = {path: stat for path, (_, stat) in known_failures.items()}
        changes = compare(found.files, snapshot.videos.values(), stats, found.closed)
        if changes.deleted and not found.files:
            raise HearsightError(
                f"nothing is left in {self.folder} of what was indexed; mount its disk, or, if all is deleted, delete "
                f"{self.store.at} too"
            )
        size = sum(pending.found.size for pending in changes.pending)
        self.progress.files(len(found.failed) + len(changes.pending), size)
        self._settle(found, changes, known_failures)

        self.transcripts.mkdir(exist_ok=True)
        taken = snapshot.videos.keys() - {pending.replaces for pending in changes.pending}
        reader = Reader(
            self.model, self.recogniser, self.by, self.window, self.transcripts, taken, self.store.partial()
        )
        with closing(ahead(reader.read(changes.pending), 2 * self.batch, PATIENCE)) as events:
            self._work(events, reader)

        self.store.tidy(self.report.clips)
        for left in self.transcripts.iterdir():
            left.unlink()
        self.report.seconds = time.monotonic() - begun
        return self.report

    def _settle(self, found: Walk, changes: Changes, failures: dict[str, tuple[Failure, str]]) -> None:
        """Write what is known without opening a file: what was moved, is gone, or cannot be read."""
        self.report.unchanged, self.report.moved = changes.unchanged, changes.moved
        self.report.deleted = changes.deleted
        if changes.known:
            self.store.move_videos(changes.known)
        if changes.dropped:
            self.store.drop_videos(changes.dropped)
        standing = {file.path for file in found.files} - {pending.path for pending in changes.pending}
        self.failures = {path: known for path, known in failures.items() if path in standing}
        for path, reason in found.failed.items():
            self._fail(path, reason, "")
        if self.failures or failures:
            self.store.put_failures(self.failures)

    def _work(self, events: Iterable[Event | None], reader: Reader) -> None:
        """Encode and write what the reader gives; None says that it needs a while for the next."""
        waiting: list[Event] = []
        for event in events:
            if event is not None:
                waiting.append(event)
            reads = sum(isinstance(event, Read) for event in waiting)
            if event is None or reads in (0, self.batch):
                self._handle(waiting)
                waiting.clear()
            if event is None and reader.listened:
                self.progress.listened(reader.listened)
        self._handle(waiting)
        self._write()

    def _handle(self, events: Sequence[Event]) -> None:
        reads = [event for event in events if isinstance(event, Read)]
        if reads:
            full, without = encode(self.model, [read.inputs for read in reads])
            self.rows.append(clip_table(self.store.clips.schema, [read.facts for read in reads], full, without))
            self.report.clips += len(reads)
        for event in events:
            path = Path(event.pending.path)
            if isinstance(event, Started):
                self.progress.file(path, event.pending.found.size)
            elif isinstance(event, Read):
                self.progress.clips(1, event.of)
            elif isinstance(event, Finished):
                self.finished.append(event)
                self.progress.done(path)
            else:
                self.failed.append(event)
                self._fail(event.pending.path, event.reason, event.stat)
        due = time.monotonic() - self.written >= COMMIT_SECONDS
        if due or sum(map(len, self.rows)) >= COMMIT_CLIPS:
            self._write()

    def _write(self) -> None:
        """Commit what is encoded. The order matters: a video counts only after its last clip is there."""
        if self.rows:
            self.store.add_clips(self.rows)
        if self.finished:
            self.store.put_videos([event.video for event in self.finished])
        gone = [event.pending.replaces for event in self.failed if event.pending.replaces]
        if gone:
            self.store.drop_videos(gone)
        if self.failed:
            self.store.put_failures(self.failures)
        for event in self.finished:
            (self.transcripts / f"{event.video.id}.json").unlink(missing_ok=True)
            replaced = event.pending.replaces is not None
            self.report.changed += replaced
            self.report.added += not replaced
        self.rows, self.finished, self.failed = [], [], []
        self.written = time.monotonic()

    def _fail(self, path: str, reason: str, stat: str) -> None:
        failure = Failure(path, reason, datetime.now(UTC).isoformat(timespec="seconds"))
        self.failures[path] = failure, stat
        self.report.failed.append(failure)
        self.progress.failed(Path(path), reason)
