"""Transcribe a media file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from hearsight.media.audio import SAMPLE_RATE, read_audio
from hearsight.media.probe import MediaInfo
from hearsight.media.subtitles import read_subtitles
from hearsight.speech.load import RecogniserSource, load_source
from hearsight.speech.recogniser import Recogniser
from hearsight.speech.transcript import Transcript, line_of, shift
from hearsight.speech.vad import find_speech
from hearsight.types import UNDETERMINED, Line, Word

# Seconds without a word after which a new line begins.
LINE_PAUSE = 0.5


def transcribe(
    info: MediaInfo, recogniser: Recogniser | None, subtitle_files: Sequence[Path] | None = None
) -> Transcript:
    """Return the transcript of a file: its subtitles if it has any, else what the recogniser hears.

    subtitle_files: see `read_subtitles`. The recogniser gets only stretches with speech. The language is the one that
    is spoken longest. Without subtitles, and without sound or a recogniser, the transcript is empty. Raises
    HearsightError if the file cannot be opened.
    """
    return next(step for step in transcription(info, recogniser, subtitle_files) if isinstance(step, Transcript))


def transcription(
    info: MediaInfo, recogniser: Recogniser | None, subtitle_files: Sequence[Path] | None = None
) -> Iterator[float | Transcript]:
    """Yield the seconds of speech that are recognised so far, again and again, then the transcript (`transcribe`)."""
    if info.is_picture:
        yield Transcript()
        return
    subtitles = read_subtitles(info.path, subtitle_files)
    if subtitles is not None:
        yield Transcript(subtitles.lines, "subtitles", subtitles.language)
        return
    if info.audio is None or recogniser is None:
        yield Transcript()
        return
    lines: list[Line] = []
    seconds, total = defaultdict[str | None, float](float), 0.0
    for start, samples in find_speech(read_audio(info.path, track=info.audio.track)):
        recognised = recogniser.transcribe(samples)
        spoken = recognised.lines or tuple(_lines(recognised.words))
        lines += [shift(line, start) for line in spoken]
        if spoken or recognised.language == UNDETERMINED:
            seconds[recognised.language] += len(samples) / SAMPLE_RATE
        yield (total := total + len(samples) / SAMPLE_RATE)
    language = max(seconds, key=seconds.__getitem__, default=None)
    yield Transcript(tuple(lines), recogniser.name, language)


def transcription_by_source(
    info: MediaInfo, source: RecogniserSource | None, subtitle_files: Sequence[Path] | None
) -> Iterator[float | Transcript]:
    """Do what `transcription` does, in a process that has to load the recogniser first."""
    return transcription(info, load_source(source) if source else None, subtitle_files)


def _lines(words: Sequence[Word]) -> Iterator[Line]:
    """Yield the words of one stretch as lines; a new line begins after each pause."""
    pauses = [n for n, (word, after) in enumerate(pairwise(words), 1) if after.start - word.end > LINE_PAUSE]
    for first, last in pairwise([0, *pauses, len(words)]):
        if last > first:
            yield line_of(tuple(words[first:last]))
