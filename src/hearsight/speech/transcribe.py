"""Transcribe a media file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from hearsight.media.audio import SAMPLE_RATE, read_audio
from hearsight.media.probe import MediaInfo
from hearsight.media.subtitles import read_subtitles
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
    if info.is_picture:
        return Transcript()
    subtitles = read_subtitles(info.path, subtitle_files)
    if subtitles is not None:
        return Transcript(subtitles.lines, "subtitles", subtitles.language)
    if info.audio is None or recogniser is None:
        return Transcript()
    lines: list[Line] = []
    seconds: dict[str | None, float] = defaultdict(float)
    for start, samples in find_speech(read_audio(info.path, track=info.audio.track)):
        recognised = recogniser.transcribe(samples)
        spoken = recognised.lines or tuple(_lines(recognised.words))
        lines += [shift(line, start) for line in spoken]
        if spoken or recognised.language == UNDETERMINED:
            seconds[recognised.language] += len(samples) / SAMPLE_RATE
    language = max(seconds, key=seconds.__getitem__, default=None)
    return Transcript(tuple(lines), recogniser.name, language)


def _lines(words: Sequence[Word]) -> Iterator[Line]:
    """Yield the words of one stretch as lines; a new line begins after each pause."""
    pauses = [n for n, (word, after) in enumerate(pairwise(words), 1) if after.start - word.end > LINE_PAUSE]
    for first, last in pairwise([0, *pauses, len(words)]):
        if last > first:
            yield line_of(tuple(words[first:last]))
