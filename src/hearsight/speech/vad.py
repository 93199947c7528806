"""Voice activity detection: find the stretches of speech in a stream of sound.

Music, noise and silence are left out: a recogniser would spend time on them, and invent words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from hearsight.media.audio import SAMPLE_RATE, Samples
from hearsight.speech.silero import CHUNK, CONTEXT, State, load_silero

CHUNK_SECONDS = CHUNK / SAMPLE_RATE
# Silero's own thresholds: speech begins above the first and lasts until it falls below the second.
SPEECH, SILENCE = 0.5, 0.35

# All of these are numbers of chunks of 32 ms.
BATCH = 256
PADDING = 8
# Long, as a recogniser does better with whole sentences, and speakers pause within them.
PAUSE = 45
MAX_LENGTH = 30 * SAMPLE_RATE // CHUNK
# Notes of an instrument, barks and knocks look like speech for one to five consecutive chunks, again and again; the
# shortest words ("no", "help") do for seven or more, even in noise as loud as they are.
MIN_RUN = 7


@dataclass
class _Stretch:
    """Consecutive chunks of the stream, from number `first` on, and the likelihood that each is speech."""

    first: int
    chunks: list[Samples] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)

    def add(self, chunk: Samples, score: float) -> None:
        self.chunks.append(chunk)
        self.scores.append(score)

    def split(self, index: int) -> tuple[_Stretch, _Stretch]:
        """Return the chunks before an index, and those from it on."""
        head = _Stretch(self.first, self.chunks[:index], self.scores[:index])
        return head, _Stretch(self.first + index, self.chunks[index:], self.scores[index:])

    def longest_run(self) -> int:
        """Return the largest number of consecutive chunks that are speech."""
        runs = groupby(score >= SPEECH for score in self.scores)
        return max((len(list(run)) for spoken, run in runs if spoken), default=0)

    def quietest(self) -> int:
        """Return the index, in the last third, that is most likely between two words."""
        early = 2 * len(self.scores) // 3
        return early + int(np.argmin(np.convolve(self.scores[early:], np.ones(3), mode="same")[1:-1])) + 1


def find_speech(blocks: Iterable[Samples]) -> Iterator[tuple[float, Samples]]:
    """Yield stretches of speech, as (start in seconds, samples), none longer than 30 s.

    blocks: consecutive 16 kHz mono float32 of any lengths. A stretch includes a quarter of a second before and after
    the speech and pauses of up to 1.4 s, and is cut between two words when it gets too long. No more than a minute of
    sound is held at any time.
    """
    for stretch in _stretches(_with_scores(blocks)):
        if stretch.longest_run() >= MIN_RUN:
            yield stretch.first * CHUNK_SECONDS, np.concatenate(stretch.chunks)


def speech_likelihood(samples: Samples) -> NDArray[np.float32]:
    """Return the likelihood that each chunk of a sound is speech, 16 kHz mono float32."""
    return np.array([score for _, score in _with_scores([samples])], np.float32)


def _stretches(chunks: Iterable[tuple[Samples, float]]) -> Iterator[_Stretch]:
    """Yield the stretches of chunks with scores that begin with speech and end with a pause."""
    stretch, speaking, quiet = _Stretch(0), False, 0
    for chunk, score in chunks:
        stretch.add(chunk, score)
        speaking = speaking or score >= SPEECH
        quiet = quiet + 1 if score < SILENCE else 0
        if not speaking:
            _, stretch = stretch.split(max(len(stretch.chunks) - PADDING, 0))
        elif quiet > PAUSE:
            finished, rest = stretch.split(len(stretch.chunks) - quiet + PADDING)
            yield finished
            _, stretch = rest.split(len(rest.chunks) - PADDING)
            speaking = False
        elif len(stretch.chunks) == MAX_LENGTH:
            finished, stretch = stretch.split(stretch.quietest())
            quiet = min(quiet, len(stretch.chunks))
            yield finished
    if speaking:
        yield stretch.split(len(stretch.chunks) - max(quiet - PADDING, 0))[0]


def _with_scores(blocks: Iterable[Samples]) -> Iterator[tuple[Samples, float]]:
    """Yield each chunk of the stream with its likelihood of speech; zeros fill the last one."""
    context, state = np.zeros(CONTEXT, np.float32), None
    for batch in _batches(blocks):
        scores, state = _score(np.concatenate([context, batch]), state)
        yield from zip(batch.reshape(-1, CHUNK), scores, strict=True)
        context = batch[-CONTEXT:]


def _score(samples: Samples, state: State | None) -> tuple[list[float], State]:
    chunks = sliding_window_view(samples, CONTEXT + CHUNK)[::CHUNK]
    scores, state = load_silero()(chunks, state)
    return scores.tolist(), state


def _batches(blocks: Iterable[Samples]) -> Iterator[Samples]:
    """Yield the same samples in batches of BATCH chunks; the last batch may be smaller."""
    size = BATCH * CHUNK
    waiting = np.empty(0, np.float32)
    for block in blocks:
        waiting = np.concatenate([waiting, block])
        while len(waiting) >= size:
            yield waiting[:size]
            waiting = waiting[size:]
    if len(waiting):
        yield np.pad(waiting, (0, -len(waiting) % CHUNK))
