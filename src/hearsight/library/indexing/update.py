"""Update a library to match its folder.

New and changed files go to an engine (engine.py), which returns events. Encoded clips are written every few seconds:
first the clips, then the rows of the videos that they complete. A run that is interrupted between any two steps leaves
clips without a video, which no search shows. The next run reuses those whose files are unchanged, and removes the
others at its end.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.library.indexing.diff import Changes, PendingFile, compare
from hearsight.library.indexing.engine import ClipEncoded, Engine, Event, TranscriptionProgress
from hearsight.library.indexing.read import Failed, Finished, Reader
from hearsight.library.indexing.scan import Scan, no_media_error, walk
from hearsight.library.listeners import UpdateListener
from hearsight.library.reports import UpdateReport
from hearsight.library.results import Failure
from hearsight.library.tables.library_files import clear_transcripts
from hearsight.library.tables.store import Store
from hearsight.media.track_choice import ANY_TRACK, TrackChoice
from hearsight.models.base import VideoTextModel
from hearsight.speech.recogniser import Recogniser
from hearsight.types import UNDETERMINED

# Limits of the work that an interruption loses, and of the rows in memory.
COMMIT_SECONDS = 5.0
COMMIT_CLIPS = 256


class Update:
    """One update of a library. The caller holds its lock. See `Library.update`."""

    def __init__(
        self,
        folder: Path,
        store: Store,
        model: VideoTextModel,
        recogniser: Recogniser | None,
        cut: str,
        seconds: float,
        progress: UpdateListener,
        engine: Engine,
        choice: TrackChoice = ANY_TRACK,
        pictures: bool = True,
    ) -> None:
        self.folder, self.store = folder, store
        self.model, self.recogniser = model, recogniser
        self.cut, self.seconds = cut, seconds
        self.progress, self.engine, self.choice, self.pictures = progress, engine, choice, pictures
        self.report = UpdateReport()
        self.failures: dict[str, tuple[Failure, str]] = {}
        self.transcripts = store.location / "transcripts"
        # The path of the file whose progress is reported.
        self.current_path = ""
        # Results since the last commit.
        self.encoded = 0
        self.finished: list[Finished] = []
        self.failed: list[Failed] = []
        self.resumable_ids: set[str] = set()  # see Failed
        self.written = time.monotonic()

    def run(self, retry: bool = False) -> UpdateReport:
        """Run the update. retry: read files again that failed before.

        Raises HearsightError if the folder has no media files or the library cannot be written.
        """
        begun = time.monotonic()
        scan = walk(self.folder, self.store.location, self.pictures)
        snapshot = self.store.snapshot()
        if not (scan.files or scan.failed or snapshot.videos):
            raise no_media_error(self.folder, self.pictures)
        earlier_failures = self.store.failures()
        stats = {} if retry else {path: stat for path, (_, stat) in earlier_failures.items()}
        changes = compare(scan, snapshot.videos.values(), stats)
        # Otherwise all videos are in unreadable folders.
        if not scan.files and (changes.deleted or changes.missing_folders) and not scan.left_out:
            raise HearsightError(
                f"none of the indexed videos is in {self.folder} any more; mount its disk, or, if they are deleted, "
                f"delete {self.store.location} too"
            )
        size = sum(pending.entry.size for pending in changes.pending)
        scan.failed.update(changes.missing_folders)
        self.progress.files(len(scan.failed) + len(changes.pending), size)
        self._apply_known_changes(scan, changes, earlier_failures)

        self.transcripts.mkdir(exist_ok=True)
        existing_ids = set(snapshot.videos)
        encoded_clips = self.store.partial()
        settings = self.model, self.recogniser, self.cut, self.seconds, self.transcripts
        reader = Reader(*settings, existing_ids, encoded_clips, choice=self.choice)
        with closing(self.engine.index(reader, self.store, changes.pending)) as batches:
            for events in batches:
                self._handle(events)
        self._write()

        if "" in self.resumable_ids:  # clips from before may belong to a file that was not read
            self.store.drop_hidden(exclude=self.resumable_ids | snapshot.hidden)
        else:
            self.store.drop_hidden(exclude=self.resumable_ids)
            clear_transcripts(self.transcripts, exclude=self.resumable_ids)
        self.store.maintain()
        self.report.seconds = time.monotonic() - begun
        return self.report

    def _apply_known_changes(self, scan: Scan, changes: Changes, failures: dict[str, tuple[Failure, str]]) -> None:
        """Record moved, deleted and unreadable files, which need not be opened."""
        self.report.unchanged, self.report.moved = changes.unchanged, changes.moved
        self.report.deleted = changes.deleted
        self.report.others = dict(scan.others)
        self.report.left_out = {str(reason): number for reason, number in scan.left_out.items()}
        if changes.updated_rows:
            self.store.move_videos(changes.updated_rows)
        if changes.removed_ids:
            self.store.drop_videos(changes.removed_ids)
        pending = {one.path for one in changes.pending}
        unchanged_stats = {file.path: file.stat for file in scan.files if file.path not in pending}
        self.failures = {path: failure for path, failure in failures.items() if unchanged_stats.get(path) == failure[1]}
        for path, reason in scan.failed.items():
            self._fail(path, reason, "")
        if self.failures or failures:
            self.store.put_failures(self.failures)

    def _handle(self, events: Sequence[Event]) -> None:
        for event in events:
            path = Path(event.pending.path)
            self._report_file(event.pending)
            if isinstance(event, TranscriptionProgress):
                self.progress.transcribed(event.share)
            elif isinstance(event, ClipEncoded):
                self.encoded += 1
                self.progress.clips(1, event.total)
            elif isinstance(event, Finished):
                self.finished.append(event)
                self.progress.done(path)
            elif isinstance(event, Failed):
                self.failed.append(event)
                if event.resumable_id is not None:
                    self.resumable_ids.add(event.resumable_id)
                self._fail(event.pending.path, event.reason, event.stat)
        due = time.monotonic() - self.written >= COMMIT_SECONDS
        if due or self.encoded >= COMMIT_CLIPS:
            self._write()

    def _report_file(self, pending: PendingFile) -> None:
        """Report the current file, if it is another one than before."""
        if pending.path != self.current_path:
            self.current_path = pending.path
            self.progress.file(Path(pending.path), pending.entry.size)

    def _write(self) -> None:
        """Commit the encoded clips. The order matters: a video counts only after its last clip is written."""
        self.engine.commit(self.store)
        if self.finished:
            self.store.put_videos([event.video for event in self.finished])
        replaced_ids = [event.pending.replaces for event in self.failed if event.pending.replaces and event.stat]
        if replaced_ids:
            self.store.drop_videos(replaced_ids)
        if self.failed:
            self.store.put_failures(self.failures)
        for event in self.finished:
            (self.transcripts / f"{event.video.id}.json").unlink(missing_ok=True)
            replaced = event.pending.replaces is not None
            self.report.changed += replaced
            self.report.added += not replaced
            self.report.not_understood += event.video.language == UNDETERMINED
            self.report.other_tracks += not event.video.is_heard_as(self.choice)
        self.report.clips += self.encoded
        self.encoded, self.finished, self.failed = 0, [], []
        self.written = time.monotonic()

    def _fail(self, path: str, reason: str, stat: str) -> None:
        failure = Failure(path, reason, datetime.now(UTC).isoformat(timespec="seconds"))
        self.failures[path] = failure, stat
        self.report.failed.append(failure)
        self.progress.failed(Path(path), reason)
