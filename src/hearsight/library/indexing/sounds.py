"""Fill the table of windows of a sound expert: decode the sound of each video alone, and encode it.

It is a pass of its own over the files, after an update: an expert can be added to any library without transcribing or
seeing anything anew. It runs in this process, also where a cluster has indexed the files.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hearsight.experts.sound_expert import SoundExpert
from hearsight.library.indexing.second_pass import decode_items, report_file
from hearsight.library.indexing.sound_windows import window_starts
from hearsight.library.listeners import UpdateListener
from hearsight.library.reports import UpdateReport
from hearsight.library.tables.schema import Video
from hearsight.library.tables.store import Store
from hearsight.library.tables.windows import Windows, windows_schema
from hearsight.media.audio import cut_audio
from hearsight.types import Clip
from hearsight.util.child_process import Caller, call_here

STRETCH = 15.0  # seconds of a clip that are in memory at once, and are cut into windows
SHORTEST = 0.05  # seconds: with less, there is nothing to hear
BATCH = 8  # windows
COMMIT_SECONDS = 5.0

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class SoundWindow:
    """A window of a clip. start, end: seconds in its file."""

    clip: str
    start: float
    end: float
    samples: Samples


def fill_sounds(
    folder: Path,
    store: Store,
    expert: SoundExpert | None,
    progress: UpdateListener,
    device: str,
    report: UpdateReport,
    call: Caller = call_here,
) -> bool:
    """Bring the windows of a sound expert up to date with the videos of a library. Return whether any has changed.

    folder: with the files. report: what is done is added to it: `sounds`, and `failed` with the files that cannot be
    decoded, which the next pass tries again. The rows of a video are written together: an interrupted pass is continued
    by the next one. Does nothing without an expert. call: what decodes.
    Raises HearsightError if the expert cannot encode, or the table cannot be written.
    """
    if expert is None:
        return False
    changed, windows = False, store.windows(expert.name)
    if not windows.path.is_dir() or windows.fingerprint() != expert.fingerprint:
        windows.create(expert.width, expert.fingerprint)
        changed = True
    videos, existing = store.snapshot().videos, windows.videos()
    if former := existing - set(videos):
        windows.drop_videos(former)
        changed = True
    if missing := _missing_videos(store, existing):
        progress.files(len(missing), sum(videos[id].size for id in missing))
        encoded = report.sounds
        _Pass(folder, windows, expert, progress, device, report, call).run([videos[id] for id in missing], store)
        windows.maintain()
        changed = changed or report.sounds > encoded
    return changed


def _missing_videos(store: Store, existing: set[str]) -> list[str]:
    """Return the ids of the videos that have sound and no rows yet, in order of their paths."""
    ids = set[str]()
    for clips in store.batches(["video", "has_sound"], 1 << 16):
        ids.update(clips.filter(clips["has_sound"])["video"].unique().to_pylist())
    videos = store.snapshot().videos
    return sorted(ids - existing, key=lambda id: videos[id].path)


class _Pass:
    """A pass over the files of videos. report: what it adds to."""

    def __init__(
        self,
        folder: Path,
        windows: Windows,
        expert: SoundExpert,
        progress: UpdateListener,
        device: str,
        report: UpdateReport,
        call: Caller,
    ) -> None:
        self.call = call
        self.folder, self.windows, self.expert = folder, windows, expert
        self.progress, self.device, self.report = progress, device, report
        self.rows: list[pa.Table] = []  # of videos that are not written yet
        self.written = time.monotonic()

    def run(self, videos: Sequence[Video], store: Store) -> None:
        for video in videos:
            clips = store.rows(f"video = '{video.id}'", ["id", "start", "end"]).sort_by("start").to_pylist()
            with report_file(video, self.progress, self.report, "its sound cannot be compared"):
                self._listen(video, clips)
                self.report.sounds += 1
            if time.monotonic() - self.written >= COMMIT_SECONDS:
                self._write()
        self._write()

    def _listen(self, video: Video, clips: Sequence[dict[str, Any]]) -> None:
        """Encode the sound of a video. Raises UnreadableError for a file that cannot be decoded."""
        stretches = [stretch for clip in clips for stretch in _stretches(clip)]
        tables, batch, finished = list[pa.Table](), list[SoundWindow](), 0
        parts, rate = [part for _, part in stretches], self.expert.sample_rate
        sounds = decode_items(self.call, cut_audio, video, self.folder / video.path, parts, rate, video.track)
        for number, cut in enumerate(_cut_windows(sounds, stretches, self.expert), start=1):
            batch += cut
            if len(batch) >= BATCH:
                tables.append(self._encode(video, batch))
                batch.clear()
            count = number * len(clips) // len(stretches) - finished
            if count:
                finished += count
                self.progress.clips(count, len(clips))
        tables.append(self._encode(video, batch))
        table = pa.concat_tables(tables)
        self.rows.append(table if len(table) else _silent(video.id, self.expert.width))

    def _encode(self, video: Video, batch: Sequence[SoundWindow]) -> pa.Table:
        vectors = np.empty((0, self.expert.width), np.float16)
        if batch:
            vectors = self.expert.encode_sounds([window.samples for window in batch], self.device).astype(np.float16)
        return _table(
            video.id,
            [window.clip for window in batch],
            [window.start for window in batch],
            [window.end for window in batch],
            vectors,
        )

    def _write(self) -> None:
        if self.rows:
            self.windows.add(pa.concat_tables(self.rows))
        self.rows, self.written = [], time.monotonic()


def _stretches(clip: dict[str, Any]) -> Iterator[tuple[str, Clip]]:
    """Yield the stretches of a clip with its id, each at most STRETCH long."""
    count = max(1, ceil((clip["end"] - clip["start"]) / STRETCH))
    edges = np.linspace(clip["start"], clip["end"], count + 1)
    for start, end in pairwise(edges):
        yield clip["id"], Clip(Path(), float(start), float(end))


def _cut_windows(
    sounds: Iterator[Samples], stretches: Sequence[tuple[str, Clip]], expert: SoundExpert
) -> Iterator[list[SoundWindow]]:
    """Yield the windows of each stretch of a file. sounds: of the stretches."""
    rate, length = expert.sample_rate, round(expert.window_seconds * expert.sample_rate)
    for (clip, stretch), samples in zip(stretches, sounds, strict=True):
        starts = window_starts(samples, rate, expert.window_seconds) if len(samples) >= SHORTEST * rate else []
        pieces = [(first, samples[first : first + length]) for first in starts]
        yield [
            SoundWindow(clip, stretch.start + first / rate, stretch.start + (first + len(piece)) / rate, piece)
            for first, piece in pieces
        ]


def _silent(video: str, width: int) -> pa.Table:
    """Return the row of a video in which nothing is heard (see tables/windows.py)."""
    return _table(video, [video], [0.0], [0.0], np.zeros((1, width), np.float16))


def _table(
    video: str, clips: Sequence[str], starts: Sequence[float], ends: Sequence[float], vectors: NDArray[np.float16]
) -> pa.Table:
    width = vectors.shape[1]
    columns = {
        "id": list(clips),
        "video": [video] * len(clips),
        "start": list(starts),
        "end": list(ends),
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), width),
    }
    return pa.table(columns, schema=windows_schema(width))
