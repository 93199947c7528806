"""Read files, one after the other, into the inputs of a model."""

from __future__ import annotations

import errno
import io
import json
import os
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hearsight.errors import HearsightError
from hearsight.library.indexing.diff import PendingFile, content_hash, video_id
from hearsight.library.tables.containment import read_text
from hearsight.library.tables.schema import ClipFacts, Video, clip_id
from hearsight.library.words.indexed_words import indexed_transcript
from hearsight.library.words.sound_descriptions import said_in
from hearsight.media.decode_clips import decoding_limits
from hearsight.media.file_checks import read_error
from hearsight.media.probe import MediaInfo, probe
from hearsight.media.segments import cut
from hearsight.media.track_choice import ANY_TRACK, TrackChoice
from hearsight.models.base import VideoTextModel
from hearsight.models.preprocess import ClipInputs, read_clips
from hearsight.speech.language import with_language
from hearsight.speech.load import recogniser_source
from hearsight.speech.recogniser import Recogniser, RecogniserError
from hearsight.speech.transcribe import transcription, transcription_by_source
from hearsight.speech.transcript import Transcript, line_of
from hearsight.types import Line
from hearsight.util.atomic import write_atomic
from hearsight.util.child_messages import Limits
from hearsight.util.child_process import Caller, ChildEndedError, ChildStartError, call_here, call_once
from hearsight.util.object_store import ObjectPath
from hearsight.util.plugins import describe_error, plugin_of

WORDS_A_LINE = 10
# Errors of the system that are not the file's fault. FFmpeg's own errors have other numbers.
TRANSIENT_ERRORS = {errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOSPC}
THUMBNAIL = (320, 240)  # largest size in pixels: some 10 kB
RECOGNITION_SECONDS = 60.0  # of processor time for a second of speech: six times what large recognisers take
RECOGNITION_MEMORY = 8 << 30  # bytes, of the weights of a recogniser and of its work
LARGEST_TRANSCRIPT = 32 << 20  # bytes, for two days of speech; a longer one is not stored for an interrupted run


@dataclass(frozen=True)
class Started:
    """An event that tells that a file is opened."""

    pending: PendingFile


@dataclass(frozen=True)
class ClipRead:
    """An event with the inputs of a clip. total: the number of clips to read from its file."""

    pending: PendingFile
    facts: ClipFacts
    inputs: ClipInputs
    total: int


@dataclass(frozen=True)
class Finished:
    """An event that tells that all clips of a file are read."""

    pending: PendingFile
    video: Video


@dataclass(frozen=True)
class Failed:
    """An event that tells that a file cannot be indexed.

    stat: that of the file if it is tried again only after it has changed, "" if the next run tries it again.
    resumable_id: after a failure of a disk or network, the id of the video whose clips and transcript stay for the next
    run, or "" if the failure came before the id was known; None if nothing stays.
    """

    pending: PendingFile
    reason: str
    stat: str
    resumable_id: str | None = None


ReadEvent = Started | ClipRead | Finished | Failed


@dataclass
class Reader:
    """A reader of files for a library.

    cut, seconds: how files are cut, and the length of a window. transcripts: the folder for transcripts of unfinished
    files. existing_ids: ids of the videos in the library, also of those to be replaced: their clips stay until the new
    ones are complete. encoded_clips: ids of clips, by video, that an interrupted run wrote; they are not read again.
    choice: which sound track is heard. call: what decodes and recognises: a child process, or this process.
    Another thread may read `reading` (the current file) and `transcribed`.
    """

    model: VideoTextModel
    recogniser: Recogniser | None
    cut: str
    seconds: float
    transcripts: Path
    existing_ids: Set[str]
    encoded_clips: dict[str, set[str]]
    choice: TrackChoice = field(default=ANY_TRACK, kw_only=True)
    call: Caller = field(default=call_here, kw_only=True)

    def __post_init__(self) -> None:
        self.reading: PendingFile | None = None
        self.transcribed = 0.0  # seconds of speech, divided by the length of the file
        self.video = ""  # the id of the current file, once it is known
        self.clips_read: set[str] = set()  # of the current file

    def read(self, files: Iterable[PendingFile]) -> Iterator[ReadEvent]:
        """Yield the events of one file after the other. An error in one file never affects another."""
        for pending in files:
            self.reading, self.transcribed, self.video = pending, 0.0, ""
            self.clips_read.clear()
            yield Started(pending)
            try:
                try:
                    yield from self._read(pending)
                except ChildEndedError as error:
                    if not error.may_recover:
                        raise
                    yield from self._read(pending)  # goes on where the child ended
            except (MemoryError, RecogniserError, ChildStartError):
                raise
            except Exception as error:  # a damaged file can make a decoder raise anything
                transient = _is_transient(error)
                file_at_fault = not transient and _is_readable(pending.entry.file) and not plugin_of(error)
                stat = pending.entry.stat if file_at_fault else ""
                yield Failed(
                    pending, failure_reason(error, pending.entry.file), stat, self.video if transient else None
                )

    def _read(self, pending: PendingFile) -> Iterator[ReadEvent]:
        entry = pending.entry
        [info] = self.call(call_once, probe, entry.file, self.choice, limits=decoding_limits(entry.file))
        content = content_hash(entry)
        name = self.recogniser.name if self.recogniser else "none"
        # Another sound track has another transcript: what an interrupted run has of the file is not continued.
        track = "" if self.choice == ANY_TRACK else f"/{self.choice.number}/{self.choice.language}"
        self.video = id = video_id(entry.path, content, name + track, self.existing_ids)
        transcript = with_language(self._transcript(id, info, entry.sidecars))
        clips = [(clip_id(id, clip), clip) for clip in cut(info, self.cut, self.seconds)]  # type: ignore[arg-type]
        clips = [(key, clip) for key, clip in clips if key not in self.encoded_clips.get(id, ())]
        total, clips = len(clips), [(key, clip) for key, clip in clips if key not in self.clips_read]
        remaining, size = [clip for _, clip in clips], picture_size(self.model)
        said = SaidText(transcript)
        inputs = read_clips(info, remaining, said, self.model, size, self.call) if clips else ()
        for (key, clip), (tensors, pictures) in zip(clips, inputs, strict=True):
            self.clips_read.add(key)
            lines = transcript.lines_between(clip.start, clip.end)
            facts = ClipFacts(
                id=key,
                video=id,
                clip=clip,
                transcript=transcript.between(clip.start, clip.end),
                words=indexed_transcript([line.text for line in lines], transcript.language),
                lines=[short for line in lines for short in shortened(line)],
                has_speech=bool(tensors.has_speech),
                has_sound=info.audio is not None,
                thumbnail=thumbnail(pictures),
            )
            yield ClipRead(pending, facts, tensors, total)
        yield Finished(
            pending,
            Video(
                id=id,
                path=entry.path,
                size=entry.size,
                stat=entry.stat,
                content=content,
                duration=info.duration,
                transcript_source=transcript.source,
                language=transcript.language,
                created=info.created,
                track=info.audio.track if info.audio else None,
                tracks=info.audio.tracks if info.audio else None,
                track_language=info.audio.language if info.audio else None,
                track_title=info.audio.title if info.audio else None,
            ),
        )

    def _transcript(self, id: str, info: MediaInfo, sidecars: Sequence[Path]) -> Transcript:
        """Return the transcript of a file, and store it until the file is finished, as it can take long."""
        if info.is_picture:
            return Transcript()
        transcript_file = self.transcripts / f"{id}.json"
        try:
            return Transcript.from_dict(json.loads(read_text(transcript_file, LARGEST_TRANSCRIPT)))
        except (OSError, ValueError, TypeError, KeyError, RecursionError):  # there is none, or none of ours
            pass
        for step in self._transcription(info, sidecars):
            if isinstance(step, Transcript):
                transcript = step
            else:
                self.transcribed = min(1.0, step / info.duration) if info.duration else 0.0
        if transcript.lines:
            with suppress(OSError):  # not the file's fault: if the disk is full, writing the tables reports it
                write_atomic(transcript_file, json.dumps(transcript.to_dict()))
        return transcript

    def _transcription(self, info: MediaInfo, sidecars: Sequence[Path]) -> Iterator[float | Transcript]:
        """Yield the steps of a transcription, by a recogniser in this process if no other can load it."""
        source = recogniser_source(self.recogniser) if self.recogniser and self.call is not call_here else None
        if self.recogniser and not source:
            return transcription(info, self.recogniser, sidecars)
        limits = decoding_limits(info.path, info.duration)
        limits = Limits(limits.seconds + RECOGNITION_SECONDS * info.duration, limits.memory + RECOGNITION_MEMORY)
        return self.call(transcription_by_source, info, source, sidecars, limits=limits)


@dataclass(frozen=True)
class SaidText:
    """What is said in a transcript, without the sounds that it describes (a `TimedText`)."""

    transcript: Transcript

    def between(self, start: float, end: float) -> str:
        lines = self.transcript.lines_between(start, end)
        return said_in([line.text for line in lines], self.transcript.language)


def picture_size(model: VideoTextModel) -> int:
    """Return the shorter side of pictures in pixels, as large as the model and thumbnails need.

    FFmpeg scales a picture down as it converts it, in a fraction of the time that Pillow takes for a large one, and
    vectors hardly change (docs/performance.md).
    """
    return max(model.clip.image_size, min(THUMBNAIL))


def shortened(line: Line) -> Iterator[Line]:
    """Split a recogniser's line into lines that are short enough to show and to time their words."""
    if not line.words:
        yield line
    for first in range(0, len(line.words), WORDS_A_LINE):
        yield line_of(line.words[first : first + WORDS_A_LINE])


def thumbnail(pictures: Sequence[NDArray[np.uint8]]) -> bytes | None:
    """Return the middle one of a clip's pictures (H, W, 3) as a small JPEG, or None if there are no pictures."""
    if not pictures:
        return None
    image = Image.fromarray(pictures[len(pictures) // 2])
    image.thumbnail(THUMBNAIL)
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=75)
    return buffer.getvalue()


def _is_transient(error: BaseException | None) -> bool:
    """Return whether a disk or network failed, and not the file."""
    while error is not None:
        if isinstance(error, ConnectionError) or (isinstance(error, OSError) and error.errno in TRANSIENT_ERRORS):
            return True
        error = error.__cause__
    return False


def _is_readable(file: Path) -> bool:
    """Return whether a file exists and may be read."""
    return isinstance(file, ObjectPath) or (file.is_file() and os.access(file, os.R_OK))


def failure_reason(error: Exception, file: Path) -> str:
    """Return why a file cannot be read, and what to do."""
    if isinstance(error, ChildEndedError):
        return f"{error}; it may be damaged, replace it or remove it"
    if isinstance(error, HearsightError):
        return str(error).removeprefix(str(read_error(file, "")))
    if plugin_of(error):
        return f"{describe_error(error)}; correct the plugin"
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}; check the file and its permissions"
    return f"{type(error).__name__}: {error}; it may be damaged, replace it or remove it"
