"""Bringing a library up to date with its folder.

What is new or changed goes to an engine (engine.py), which tells what becomes of it. What was encoded is written every
few seconds: first the clips, then the rows of the videos that they complete. A run that is interrupted between any two
steps leaves clips without a video, which no search shows; the next run takes them up where the file is still the same,
and drops the others when it ends.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.library.indexing.diff import Changes, Pending, compare
from hearsight.library.indexing.engine import Encoded, Engine, Event, Heard
from hearsight.library.indexing.read import Failed, Finished, Reader
from hearsight.library.indexing.scan import Scan, walk
from hearsight.library.results import Failure, UpdateListener, UpdateReport
from hearsight.library.tables.library_files import clear_transcripts
from hearsight.library.tables.store import Store
from hearsight.models.base import VideoTextModel
from hearsight.speech.recogniser import Recogniser

# At most so much work is lost by an interruption, and so many rows are held in memory.
COMMIT_SECONDS = 5.0
COMMIT_CLIPS = 256


class Update:
    """One update of a library, which holds its lock meanwhile. See `Library.update`."""

    def __init__(
        self,
        folder: Path,
        store: Store,
        model: VideoTextModel,
        recogniser: Recogniser | None,
        by: str,
        window: float,
        progress: UpdateListener,
        engine: Engine,
    ) -> None:
        self.folder, self.store = folder, store
        self.model, self.recogniser = model, recogniser
        self.by, self.window = by, window
        self.progress, self.engine = progress, engine
        self.report = UpdateReport()
        self.failures: dict[str, tuple[Failure, str]] = {}
        self.transcripts = store.location / "transcripts"
        # Of the file that is watched at the moment.
        self.turn = ""
        # What the next commit has to tell.
        self.encoded = 0
        self.finished: list[Finished] = []
        self.failed: list[Failed] = []
        self.unfinished: set[str] = set()  # see Failed
        self.written = time.monotonic()

    def run(self, retry: bool = False) -> UpdateReport:
        begun = time.monotonic()
        scan = walk(self.folder, exclude=self.store.location)
        snapshot = self.store.snapshot()
        if not (scan.files or scan.failed or snapshot.videos):
            raise HearsightError(f"no video or sound file in {self.folder}; give the folder that has them")
        known_failures = self.store.failures()
        stats = {} if retry else {path: stat for path, (_, stat) in known_failures.items()}
        changes = compare(scan, snapshot.videos.values(), stats)
        if not scan.files and (changes.deleted or changes.away):  # else all is in folders that are closed
            raise HearsightError(
                f"nothing is left in {self.folder} of what was indexed; mount its disk, or, if all is deleted, delete "
                f"{self.store.location} too"
            )
        size = sum(pending.entry.size for pending in changes.pending)
        scan.failed.update(changes.away)
        self.progress.files(len(scan.failed) + len(changes.pending), size)
        self._settle(scan, changes, known_failures)

        self.transcripts.mkdir(exist_ok=True)
        taken = set(snapshot.videos)
        partial = self.store.partial()
        reader = Reader(self.model, self.recogniser, self.by, self.window, self.transcripts, taken, partial)
        with closing(self.engine.index(reader, self.store, changes.pending)) as batches:
            for events in batches:
                self._handle(events)
        self._write()

        if "" in self.unfinished:  # what was there before may be of a file that was not come to
            self.store.drop_hidden(exclude=self.unfinished | snapshot.hidden)
        else:
            self.store.drop_hidden(exclude=self.unfinished)
            clear_transcripts(self.transcripts, exclude=self.unfinished)
        self.store.maintain()
        self.report.seconds = time.monotonic() - begun
        return self.report

    def _settle(self, scan: Scan, changes: Changes, failures: dict[str, tuple[Failure, str]]) -> None:
        """Write what is known without opening a file: what was moved, is gone, or cannot be read."""
        self.report.unchanged, self.report.moved = changes.unchanged, changes.moved
        self.report.deleted = changes.deleted
        if changes.updated:
            self.store.move_videos(changes.updated)
        if changes.dropped:
            self.store.drop_videos(changes.dropped)
        pending = {one.path for one in changes.pending}
        standing = {file.path: file.stat for file in scan.files if file.path not in pending}
        self.failures = {path: failure for path, failure in failures.items() if standing.get(path) == failure[1]}
        for path, reason in scan.failed.items():
            self._fail(path, reason, "")
        if self.failures or failures:
            self.store.put_failures(self.failures)

    def _handle(self, events: Sequence[Event]) -> None:
        for event in events:
            path = Path(event.pending.path)
            self._watch(event.pending)
            if isinstance(event, Heard):
                self.progress.transcribed(event.share)
            elif isinstance(event, Encoded):
                self.encoded += 1
                self.progress.clips(1, event.of)
            elif isinstance(event, Finished):
                self.finished.append(event)
                self.progress.done(path)
            elif isinstance(event, Failed):
                self.failed.append(event)
                if event.unfinished is not None:
                    self.unfinished.add(event.unfinished)
                self._fail(event.pending.path, event.reason, event.stat)
        due = time.monotonic() - self.written >= COMMIT_SECONDS
        if due or self.encoded >= COMMIT_CLIPS:
            self._write()

    def _watch(self, pending: Pending) -> None:
        """Tell whose turn it is, if it was another's."""
        if pending.path != self.turn:
            self.turn = pending.path
            self.progress.file(Path(pending.path), pending.entry.size)

    def _write(self) -> None:
        """Commit what is encoded. The order matters: a video counts only after its last clip is there."""
        self.engine.commit(self.store)
        if self.finished:
            self.store.put_videos([event.video for event in self.finished])
        gone = [event.pending.replaces for event in self.failed if event.pending.replaces and event.stat]
        if gone:
            self.store.drop_videos(gone)
        if self.failed:
            self.store.put_failures(self.failures)
        for event in self.finished:
            (self.transcripts / f"{event.video.id}.json").unlink(missing_ok=True)
            replaced = event.pending.replaces is not None
            self.report.changed += replaced
            self.report.added += not replaced
        self.report.clips += self.encoded
        self.encoded, self.finished, self.failed = 0, [], []
        self.written = time.monotonic()

    def _fail(self, path: str, reason: str, stat: str) -> None:
        failure = Failure(path, reason, datetime.now(UTC).isoformat(timespec="seconds"))
        self.failures[path] = failure, stat
        self.report.failed.append(failure)
        self.progress.failed(Path(path), reason)
