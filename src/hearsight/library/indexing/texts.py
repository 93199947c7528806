"""Fill the table of texts: decode a picture of each clip, and read what is written in it.

It is a pass of its own over the files, after an update: text can be added to any library without transcribing or seeing
anything anew. It runs in this process, also where a cluster has indexed the files.
"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from PIL import Image

from hearsight.library.indexing.pictures_to_read import times_to_read
from hearsight.library.indexing.second_pass import decode_items, report_file
from hearsight.library.listeners import UpdateListener
from hearsight.library.reports import UpdateReport
from hearsight.library.tables.schema import VIDEO_LETTERS, WORDS, Video
from hearsight.library.tables.store import Store
from hearsight.library.tables.texts import SCHEMA, Texts
from hearsight.library.words.indexed_words import indexed_words
from hearsight.media.frames import read_frames
from hearsight.media.same_picture import SAME_THUMBNAIL, Picture, is_same
from hearsight.ocr.picture_reader import PictureReader, TextLine
from hearsight.types import Clip
from hearsight.util.child_process import Caller, call_here
from hearsight.util.cpu import cores

SHORT_SIDE = 1080  # pixels that larger pictures are reduced to
THREADS = 4  # that read at most; each holds some 200 MB
COMMIT_SECONDS = 5.0
STEP = 0.001  # seconds between lines of one picture: each line has a second of its own


def fill_texts(
    folder: Path,
    store: Store,
    reader: PictureReader | None,
    progress: UpdateListener,
    report: UpdateReport,
    call: Caller = call_here,
) -> bool:
    """Bring the texts up to date with the videos of a library. Return whether any has changed.

    folder: with the files. report: what is done is added to it: `read`, and `failed` with the files that cannot be
    decoded, which the next pass tries again. Rows are written every few seconds, and an interrupted pass is continued
    by the next one. Does nothing without a reader. call: what decodes.
    Raises HearsightError if the table cannot be written.
    """
    if reader is None:
        return False
    changed, texts = False, store.texts
    if not texts.exists or texts.fingerprint() != reader.fingerprint:
        texts.create(reader.fingerprint)
        changed = True
    clips, existing = set(store.complete_ids()), texts.ids()
    if former := {id[:VIDEO_LETTERS] for id in existing - clips}:
        texts.drop_videos(former)
        changed = True
    if missing := {id[:VIDEO_LETTERS] for id in clips - existing}:
        videos = sorted((store.snapshot().videos[id] for id in missing), key=lambda video: video.path)
        progress.files(len(videos), sum(video.size for video in videos))
        done = report.read
        _Pass(folder, store, texts, reader, progress, report, call).run(videos, existing)
        texts.maintain()
        changed = changed or report.read > done
    return changed


class _Pass:
    """A pass over the files of videos. report: what it adds to."""

    def __init__(
        self,
        folder: Path,
        store: Store,
        texts: Texts,
        reader: PictureReader,
        progress: UpdateListener,
        report: UpdateReport,
        call: Caller,
    ) -> None:
        self.call = call
        self.folder, self.store, self.texts, self.reader = folder, store, texts, reader
        self.progress, self.report = progress, report
        self.threads = min(THREADS, cores())
        self.pool = ThreadPoolExecutor(self.threads)
        self.language: str | None = None  # of the current video
        self.rows: list[dict[str, Any]] = []  # of videos that are not written yet
        self.written = time.monotonic()

    def run(self, videos: Sequence[Video], existing: Set[str]) -> None:
        """Go through the files of these videos. existing: the ids of clips that are not read again."""
        with self.pool:
            for video in videos:
                self._read_video(video, existing)
        self._write()

    def _read_video(self, video: Video, existing: Set[str]) -> None:
        self.language = video.language
        columns = ["id", "video", "start", "end", "thumbnail"]
        clips = self.store.rows(f"video = '{video.id}'", columns).sort_by("start").to_pylist()
        clips = [clip for clip in clips if clip["id"] not in existing]
        with report_file(video, self.progress, self.report, "the text in its pictures cannot be read"):
            self._read(video, clips)
            self.report.read += 1

    def _read(self, video: Video, clips: Sequence[dict[str, Any]]) -> None:
        """Read the pictures of a video's clips. Raises UnreadableError for a file that cannot be decoded."""
        lines: list[dict[str, dict[str, Any]]] = [{} for _ in clips]  # of each clip, each text once
        pictures = _same_as_before(self._pictures(video, clips))
        finished = 0
        latest: Sequence[TextLine] = ()
        while batch := list(islice(pictures, self.threads)):
            distinct = [one for one in batch if one.picture is not None]
            texts = dict(zip(distinct, self.pool.map(self._read_picture, distinct), strict=True))
            for one in batch:
                latest = texts.get(one, latest)
                for number, line in enumerate(latest):
                    if one.on_thumbnail or line.text not in lines[one.clip]:
                        lines[one.clip][line.text] = _row_of(line, number, one)
            self._finish(clips[finished : batch[-1].clip], lines[finished : batch[-1].clip], len(clips))
            finished = batch[-1].clip
        self._finish(clips[finished:], lines[finished:], len(clips))

    def _pictures(self, video: Video, clips: Sequence[dict[str, Any]]) -> Iterator[_ClipPicture]:
        """Yield the pictures to read of a video's clips. Raises UnreadableError if the file cannot be decoded."""
        file = self.folder / video.path
        times = times_to_read([Clip(file, clip["start"], clip["end"]) for clip in clips])
        owners = [number for number, own in enumerate(times) for _ in own]
        seconds = [second for own in times for second in own]
        frames = decode_items(self.call, read_frames, video, file, seconds, SHORT_SIDE)
        for (second, picture), clip in zip(frames, owners, strict=False):  # those past the last picture have none
            yield _ClipPicture(clip, second, picture, _is_on_thumbnail(picture, clips[clip]["thumbnail"]))

    def _read_picture(self, picture: _ClipPicture) -> Sequence[TextLine]:
        assert picture.picture is not None, "it is the same as the one before"
        return self.reader.read(picture.picture)

    def _finish(self, clips: Sequence[dict[str, Any]], lines: Sequence[dict[str, dict[str, Any]]], total: int) -> None:
        """Add the rows of clips of which all pictures are read. total: of the clips of the file."""
        for clip, own in zip(clips, lines, strict=True):
            facts = {name: clip[name] for name in ("id", "video", "start", "end")}
            text = "\n".join(own)
            words = indexed_words(text, self.language)
            self.rows.append({**facts, "text": text, WORDS: words, "lines": list(own.values())})
        if clips:
            self.progress.clips(len(clips), total)
        if time.monotonic() - self.written >= COMMIT_SECONDS:
            self._write()

    def _write(self) -> None:
        if self.rows:
            self.texts.add(pa.Table.from_pylist(self.rows, schema=SCHEMA))
        self.rows, self.written = [], time.monotonic()


@dataclass(frozen=True, eq=False)
class _ClipPicture:
    """A picture of a clip.

    clip: the number of the clip. picture: None if it is the same as the one before.
    on_thumbnail: whether the clip's thumbnail shows the same.
    """

    clip: int
    second: float
    picture: Picture | None
    on_thumbnail: bool


def _is_on_thumbnail(picture: Picture, thumbnail: bytes | None) -> bool:
    if thumbnail is None:
        return False
    small = Image.open(io.BytesIO(thumbnail)).convert("RGB")
    reduced = Image.fromarray(picture).resize(small.size, Image.Resampling.BOX)
    return is_same(np.asarray(reduced), np.asarray(small), SAME_THUMBNAIL)


def _same_as_before(pictures: Iterator[_ClipPicture]) -> Iterator[_ClipPicture]:
    """Yield pictures; those of which each shows the same as the last one that is read come without the picture."""
    latest: Picture | None = None
    for one in pictures:
        assert one.picture is not None, "it is taken out here"
        if latest is not None and is_same(one.picture, latest):
            yield _ClipPicture(one.clip, one.second, None, one.on_thumbnail)
        else:
            latest = one.picture
            yield one


def _row_of(line: TextLine, number: int, picture: _ClipPicture) -> dict[str, Any]:
    """Return what the table has of a line. number: of the line in its picture."""
    return {
        "second": picture.second + number * STEP,
        "text": line.text,
        "confidence": line.confidence,
        "box": list(line.box),
        "on_thumbnail": picture.on_thumbnail,
    }
