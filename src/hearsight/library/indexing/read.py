"""From files to the inputs of a model: what the reading thread of an update does, file after file."""

from __future__ import annotations

import errno
import io
import json
import os
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hearsight.errors import HearsightError
from hearsight.library.indexing.diff import Pending, content, video_id
from hearsight.library.tables.schema import ClipFacts, Video, clip_id
from hearsight.media import SAMPLE_RATE, MediaInfo, cut, probe
from hearsight.media.audio import Samples
from hearsight.models.base import VideoTextModel
from hearsight.models.preprocess import ClipInputs, read_clips
from hearsight.speech.recogniser import RecognisedSpeech, Recogniser
from hearsight.speech.transcribe import transcribe
from hearsight.speech.transcript import Transcript, line_of
from hearsight.types import Line
from hearsight.util.atomic import write_atomic
from hearsight.util.object_store import ObjectPath
from hearsight.util.plugins import describe_error, plugin_of

WORDS_A_LINE = 10
# What the system says when it is no fault of the file. FFmpeg's own errors have other numbers.
PASSING = {errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC}
THUMBNAIL = (320, 240)  # pixels, at most: some 10 kB


@dataclass(frozen=True)
class Started:
    pending: Pending


@dataclass(frozen=True)
class Read:
    """A clip, ready for the model; one of so many that the file has to be read for."""

    pending: Pending
    facts: ClipFacts
    inputs: ClipInputs
    of: int


@dataclass(frozen=True)
class Finished:
    """All clips of a file were read."""

    pending: Pending
    video: Video


@dataclass(frozen=True)
class Failed:
    """stat: the file's if only another content could help, "" where anything might.

    unfinished: the id of the video whose clips and transcript are left for the next run, where a disk or the way to it
    failed; "" if that came before the id; None where nothing is to be left.
    """

    pending: Pending
    reason: str
    stat: str
    unfinished: str | None = None


class CountingRecogniser:
    """A recogniser that knows how many seconds of speech it has heard."""

    def __init__(self, recogniser: Recogniser) -> None:
        self.recogniser = recogniser
        self.name = recogniser.name
        self.heard = 0.0

    def transcribe(self, samples: Samples) -> RecognisedSpeech:
        recognised = self.recogniser.transcribe(samples)
        self.heard += len(samples) / SAMPLE_RATE
        return recognised


ReadEvent = Started | Read | Finished | Failed


@dataclass
class Reader:
    """Reads files for a library.

    by, window: how files are cut, the window in seconds. transcripts: a folder to keep the transcripts of unfinished
    files in. taken: ids of the videos that the library has, also of those that are to be replaced: their clips stay
    until the new ones count. partial: clips, by video, that an interrupted run left; they are not read again.
    `reading` (the file whose turn it is) and `listened` may be asked by another thread.
    """

    model: VideoTextModel
    recogniser: Recogniser | None
    by: str
    window: float
    transcripts: Path
    taken: Set[str]
    partial: dict[str, set[str]]

    def __post_init__(self) -> None:
        self.listener = CountingRecogniser(self.recogniser) if self.recogniser else None
        self.reading: Pending | None = None
        self.duration = 0.0
        self.video = ""  # the id of the file whose turn it is, once that is known

    @property
    def listened(self) -> float:
        """How much of the file whose turn it is has been transcribed, from 0 to 1. Only speech counts, not silence."""
        return min(1.0, self.listener.heard / self.duration) if self.listener and self.duration else 0.0

    def read(self, files: Iterable[Pending]) -> Iterator[ReadEvent]:
        """The events of one file after the other. What is wrong with one never reaches another."""
        for pending in files:
            self.reading, self.duration, self.video = pending, 0.0, ""
            yield Started(pending)
            try:
                yield from self._read(pending)
            except MemoryError:
                raise
            except Exception as error:  # whatever a damaged file makes a decoder do
                passing = _is_passing(error)
                at_fault = not passing and _may_be_read(pending.entry.file) and not plugin_of(error)
                stat = pending.entry.stat if at_fault else ""
                yield Failed(pending, _reason(error, pending.entry.file), stat, self.video if passing else None)

    def _read(self, pending: Pending) -> Iterator[ReadEvent]:
        entry = pending.entry
        info = probe(entry.file)
        made_of = content(entry)
        if self.listener:
            self.listener.heard = 0.0
        self.duration = info.duration
        name = self.listener.name if self.listener else "none"
        self.video = id = video_id(entry.path, made_of, name, self.taken)
        transcript = self._transcript(id, info, entry.side_cars)
        clips = [(clip_id(id, clip), clip) for clip in cut(info, self.by, self.window)]  # type: ignore[arg-type]
        clips = [(key, clip) for key, clip in clips if key not in self.partial.get(id, ())]
        wanted, size = [clip for _, clip in clips], picture_size(self.model)
        inputs = read_clips(info, wanted, transcript, self.model, size) if clips else ()
        for (key, clip), (tensors, pictures) in zip(clips, inputs, strict=True):
            facts = ClipFacts(
                id=key,
                video=id,
                clip=clip,
                transcript=transcript.between(clip.start, clip.end),
                lines=[short for line in transcript.lines_between(clip.start, clip.end) for short in shortened(line)],
                has_speech=bool(tensors.has_speech),
                has_sound=info.audio is not None,
                thumbnail=thumbnail(pictures),
            )
            yield Read(pending, facts, tensors, len(clips))
        yield Finished(
            pending,
            Video(
                id=id,
                path=entry.path,
                size=entry.size,
                stat=entry.stat,
                content=made_of,
                duration=info.duration,
                transcript_source=transcript.source,
                language=transcript.language,
            ),
        )

    def _transcript(self, id: str, info: MediaInfo, sidecars: Sequence[Path]) -> Transcript:
        """The transcript of a file. It can take longer than all else, so an interrupted run leaves it to the next."""
        stored_transcript = self.transcripts / f"{id}.json"
        try:
            return Transcript.from_dict(json.loads(stored_transcript.read_text()))
        except (OSError, ValueError):
            pass
        transcript = transcribe(info, self.listener, sidecars)
        if transcript.lines:
            with suppress(OSError):  # no fault of the file: where nothing can be written, the tables will say so
                write_atomic(stored_transcript, json.dumps(transcript.to_dict()))
        return transcript


def picture_size(model: VideoTextModel) -> int:
    """Pixels of the shorter side of pictures: as many as the model and thumbnails need.

    FFmpeg makes a picture smaller as it converts it, in a fraction of the time that Pillow takes for a large one, and
    vectors hardly move (docs/performance.md).
    """
    return max(model.clip.image_size, min(THUMBNAIL))


def shortened(line: Line) -> Iterator[Line]:
    """A recogniser's line in lines that are short enough to show, and to say when a word is spoken."""
    if not line.words:
        yield line
    for first in range(0, len(line.words), WORDS_A_LINE):
        yield line_of(line.words[first : first + WORDS_A_LINE])


def thumbnail(pictures: Sequence[NDArray[np.uint8]]) -> bytes | None:
    """The middle one of a clip's pictures (H, W, 3), small, as JPEG; None where there is nothing to see."""
    if not pictures:
        return None
    image = Image.fromarray(pictures[len(pictures) // 2])
    image.thumbnail(THUMBNAIL)
    written = io.BytesIO()
    image.save(written, "JPEG", quality=75)
    return written.getvalue()


def _is_passing(error: BaseException | None) -> bool:
    """Whether it is the fault of a disk or of the way to it, and not of the file."""
    while error is not None:
        if isinstance(error, ConnectionError) or (isinstance(error, OSError) and error.errno in PASSING):
            return True
        error = error.__cause__
    return False


def _may_be_read(file: Path) -> bool:
    """Whether it is there, and open to us."""
    return isinstance(file, ObjectPath) or (file.is_file() and os.access(file, os.R_OK))


def _reason(error: Exception, file: Path) -> str:
    if isinstance(error, HearsightError):
        return str(error).removeprefix(f"cannot read {file}: ")
    if plugin_of(error):
        return f"{describe_error(error)}; correct the plugin"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}; check the file and its permissions"
    return f"{type(error).__name__}: {error}; it may be damaged, replace it or take it away"
