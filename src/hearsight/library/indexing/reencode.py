"""Encode a library for another model from its files: only pictures and sounds are decoded, and nothing is transcribed.

Times, transcripts, lines and pictures are those of the old clips; see new_vectors.py for what becomes of the vectors.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.library.indexing.diff import PendingFile, compare
from hearsight.library.indexing.engine import ClipEncoded, Event, LocalEngine
from hearsight.library.indexing.new_vectors import (
    FACTS,
    check_other_model,
    facts_of,
    new_identity,
    open_new_table,
    said_in_clip,
)
from hearsight.library.indexing.read import ClipRead, Failed, Finished, Reader, ReadEvent, picture_size
from hearsight.library.indexing.reindex import reindex
from hearsight.library.indexing.scan import MediaEntry, walk
from hearsight.library.indexing.words import add_words
from hearsight.library.listeners import NullListener, UpdateListener
from hearsight.library.reports import UpdateReport
from hearsight.library.results import Failure
from hearsight.library.tables.library_json import Identity
from hearsight.library.tables.schema import VIDEO_LETTERS, ClipFacts, Video, id_condition
from hearsight.library.tables.store import Store
from hearsight.media.decode_clips import decoding_limits
from hearsight.media.probe import probe
from hearsight.media.track_choice import TrackChoice
from hearsight.models.base import VideoTextModel
from hearsight.models.preprocess import read_clips
from hearsight.util.child_process import borrowed_child, call_once

COMMIT_SECONDS = 5.0  # of work that an interruption loses


def reencode(
    folder: Path,
    old: Store,
    identity: Identity,
    model: VideoTextModel,
    progress: UpdateListener | None = None,
    keep_features: bool = False,
) -> tuple[Identity, UpdateReport]:
    """Fill the new table, and return the new contents of library.json and a report. The caller holds the lock.

    A file that has moved is followed; one that has changed or is gone is left to the next update, and one that cannot
    be decoded any more leaves the library and is recorded as failed. keep_features: store the features of the new
    towers, also where those of the old ones were not.
    Raises HearsightError if the model is that of the library; and if files cannot be read now, though they may be all
    right, when the others are encoded: the next run does the rest.
    """
    begun = time.monotonic()
    check_other_model(old.location, identity, model)
    if identity.towers == model.towers_fingerprint:  # their features are kept
        changed, done = reindex(old, identity, model)
        return changed, UpdateReport(clips=done.clips, seconds=done.seconds)
    add_words(old, identity)
    changed = new_identity(identity, model)
    if keep_features or identity.towers:
        changed = replace(changed, towers=model.towers_fingerprint, features=f"features-{model.fingerprint}")
    new = open_new_table(old.location, changed, model)
    entries, absent = _locate(folder, old)
    with borrowed_child() as child:
        task = _Reencoding(old, new, identity, model, progress or NullListener(), LocalEngine(child.call))
        task.run(entries)
    _check_complete(task, identity, [old.snapshot().videos[id].path for id in absent])
    _drop_incomplete(old, new, task.failures)
    new.maintain()
    task.report.seconds = time.monotonic() - begun
    return changed, task.report


def _locate(folder: Path, old: Store) -> tuple[dict[str, MediaEntry], set[str]]:
    """Return the unchanged files of a library, by id of the video, and the ids of those that are missing for now.

    A moved file gets its new path. The others have changed or are gone.
    """
    scan = walk(folder, exclude=old.location)
    changes = compare(scan, old.snapshot().videos.values(), {})
    if changes.updated_rows:
        old.move_videos(changes.updated_rows)
    videos = old.snapshot().videos
    files = {(file.path, file.stat): file for file in scan.files}
    entries = {id: file for id, video in videos.items() if (file := files.get((video.path, video.stat)))}
    changed = {*changes.removed_ids, *(pending.replaces for pending in changes.pending)} if scan.files else set()
    return entries, set(videos) - set(entries) - changed


def _check_complete(task: _Reencoding, identity: Identity, absent: Sequence[str]) -> None:
    """Raise HearsightError if files were missing or could not be read for reasons that are not their fault."""
    unreadable = [*task.unreadable, *((path, "it is missing; mount its disk, or remove its folder") for path in absent)]
    if not unreadable:
        return
    path, reason = min(unreadable)
    more = f" (and {len(unreadable) - 1} more files)" if len(unreadable) > 1 else ""
    raise HearsightError(
        f"cannot read {path}{more} now: {reason}. Searches use {identity.model} until all files are read; what is done "
        "is kept: run the same command again"
    )


def _drop_incomplete(old: Store, new: Store, failures: Mapping[str, tuple[Failure, str]]) -> None:
    """Remove the videos that lack vectors, before the new table counts: the next update shall take them for new."""
    incomplete = {clip[:VIDEO_LETTERS] for clip in set(old.complete_ids()) - new.ids()}
    if incomplete:
        old.drop_videos(sorted(incomplete))
    if failures:
        old.put_failures({**old.failures(), **failures})


@dataclass
class StoredReader(Reader):
    """A reader of files whose clips are in a table. videos: by path. Clips in `encoded_clips` are not read again."""

    table: Store
    videos: Mapping[str, Video]

    def _read(self, pending: PendingFile) -> Iterator[ReadEvent]:
        video = self.videos[pending.path]
        file, choice = pending.entry.file, TrackChoice(video.track)
        [info] = self.call(call_once, probe, file, choice, limits=decoding_limits(file))
        self.video = video.id
        rows = self.table.rows(id_condition("video", [video.id]), FACTS).sort_by("start").to_pylist()
        facts = [facts_of(row) for row in rows if row["id"] not in self.encoded_clips.get(video.id, ())]
        total, facts = len(facts), [each for each in facts if each.id not in self.clips_read]
        clips, texts = [each.clip for each in facts], StoredTexts(facts, video.language)
        inputs = read_clips(info, clips, texts, self.model, picture_size(self.model), self.call) if clips else ()
        for each, (tensors, _) in zip(facts, inputs, strict=True):
            self.clips_read.add(each.id)
            yield ClipRead(pending, each, tensors, total)
        yield Finished(pending, video)


class StoredTexts:
    """What is said in clips in a language, by their times (a `TimedText`)."""

    def __init__(self, facts: Sequence[ClipFacts], language: str | None) -> None:
        self._texts = {(each.clip.start, each.clip.end): said_in_clip(each, language) for each in facts}

    def between(self, start: float, end: float) -> str:
        return self._texts[start, end]


class _Reencoding:
    """A run over the files. failures: those at fault, with their stat, by path. unreadable: path and reason of others.

    old, new: the library with the old and with the new table.
    """

    def __init__(
        self,
        old: Store,
        new: Store,
        identity: Identity,
        model: VideoTextModel,
        progress: UpdateListener,
        engine: LocalEngine,
    ) -> None:
        self.old, self.new, self.identity, self.model, self.progress = old, new, identity, model, progress
        self.engine, self.report = engine, UpdateReport()
        self.failures: dict[str, tuple[Failure, str]] = {}
        self.unreadable: list[tuple[str, str]] = []
        self.path, self.written = "", time.monotonic()

    def run(self, entries: Mapping[str, MediaEntry]) -> None:
        """Encode the clips of these files, by id of the video, that the new table lacks."""
        encoded: dict[str, set[str]] = {}
        for clip in self.new.ids():
            encoded.setdefault(clip[:VIDEO_LETTERS], set()).add(clip)
        lacking = {clip[:VIDEO_LETTERS] for clip in set(self.old.complete_ids()) - self.new.ids()}
        pending = [PendingFile(entry) for id, entry in entries.items() if id in lacking]
        pending.sort(key=lambda each: each.path)
        self.progress.files(len(pending), sum(each.entry.size for each in pending))
        videos = {video.path: video for video in self.old.snapshot().videos.values()}
        by, seconds, transcripts = self.identity.by, self.identity.seconds, self.old.location / "transcripts"
        reader = StoredReader(self.model, None, by, seconds, transcripts, frozenset(), encoded, self.old, videos)
        with closing(self.engine.index(reader, self.new, pending)) as batches:
            for events in batches:
                for event in events:
                    self._handle(event)
                if time.monotonic() - self.written >= COMMIT_SECONDS:
                    self._commit()
        self._commit()

    def _handle(self, event: Event) -> None:
        path = event.pending.path
        if path != self.path:
            self.path = path
            self.progress.file(Path(path), event.pending.entry.size)
        if isinstance(event, ClipEncoded):
            self.report.clips += 1
            self.progress.clips(1, event.total)
        elif isinstance(event, Finished):
            self.report.reencoded += 1
            self.progress.done(Path(path))
        elif isinstance(event, Failed):
            self._fail(event)

    def _fail(self, event: Failed) -> None:
        failure = Failure(event.pending.path, event.reason, datetime.now(UTC).isoformat(timespec="seconds"))
        if event.stat:
            self.failures[failure.path] = failure, event.stat
            self.report.failed.append(failure)
        else:
            self.unreadable.append((failure.path, failure.reason))
        self.progress.failed(Path(failure.path), failure.reason)

    def _commit(self) -> None:
        self.engine.commit(self.new)
        self.written = time.monotonic()
