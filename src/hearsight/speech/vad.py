"""Where someone speaks: stretches of speech out of a stream of sound.

Music, noise and silence end here. What they would cost a recogniser is saved, and the words that it would invent
are never said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
import torch

from hearsight.media.audio import SAMPLE_RATE, Samples
from hearsight.speech.silero import CHUNK, CONTEXT, State, load_silero

# Silero's own thresholds: speech begins above the first and lasts until it falls below the second.
BEGINS, ENDS = 0.5, 0.35

# All in chunks of 32 ms.
BATCH = 256
PADDING = 8
# Long: a recogniser does better with whole sentences, and an orator's pauses are within them.
PAUSE = 45
LONGEST = 30 * SAMPLE_RATE // CHUNK
# Notes of an instrument, barks and knocks look like speech for one to five chunks on end, again and again; the shortest
# words ("no", "help"), even in noise as loud as they are, for seven or more.
LEAST = 7


@dataclass
class _Stretch:
    """Chunks gathered so far, from chunk number `first` of the stream on, and how likely each is speech."""

    first: int
    chunks: list[Samples] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)

    def add(self, chunk: Samples, score: float) -> None:
        self.chunks.append(chunk)
        self.scores.append(score)

    def split(self, at: int) -> tuple[_Stretch, _Stretch]:
        """Before and from chunk `at` on."""
        before = _Stretch(self.first, self.chunks[:at], self.scores[:at])
        return before, _Stretch(self.first + at, self.chunks[at:], self.scores[at:])

    def longest_run(self) -> int:
        """How many chunks on end are speech, at most."""
        runs = groupby(score >= BEGINS for score in self.scores)
        return max((len(list(run)) for spoken, run in runs if spoken), default=0)

    def quietest(self) -> int:
        """The likeliest place between two words, in the last third."""
        early = 2 * len(self.scores) // 3
        return early + int(np.argmin(np.convolve(self.scores[early:], np.ones(3), mode="same")[1:-1])) + 1


def find_speech(blocks: Iterable[Samples]) -> Iterator[tuple[float, Samples]]:
    """Stretches of speech, as (start in seconds, samples), none longer than 30 s.

    blocks: consecutive 16 kHz mono float32 of any lengths. A stretch keeps a quarter of a second of what is
    before and after it, lasts through pauses of up to 1.4 s, and is cut between two words when it gets too long.
    Holds less than a minute of sound at any time.
    """
    for stretch in _stretches(_scored(blocks)):
        if stretch.longest_run() >= LEAST:
            yield stretch.first * CHUNK / SAMPLE_RATE, np.concatenate(stretch.chunks)


def _stretches(scored: Iterable[tuple[Samples, float]]) -> Iterator[_Stretch]:
    stretch, speaking, quiet = _Stretch(0), False, 0
    for chunk, score in scored:
        stretch.add(chunk, score)
        speaking = speaking or score >= BEGINS
        quiet = quiet + 1 if score < ENDS else 0
        if not speaking:
            _, stretch = stretch.split(max(len(stretch.chunks) - PADDING, 0))
        elif quiet > PAUSE:
            done, rest = stretch.split(len(stretch.chunks) - quiet + PADDING)
            yield done
            _, stretch = rest.split(len(rest.chunks) - PADDING)
            speaking = False
        elif len(stretch.chunks) == LONGEST:
            done, stretch = stretch.split(stretch.quietest())
            quiet = min(quiet, len(stretch.chunks))
            yield done
    if speaking:
        yield stretch.split(len(stretch.chunks) - max(quiet - PADDING, 0))[0]


def _scored(blocks: Iterable[Samples]) -> Iterator[tuple[Samples, float]]:
    """Each chunk of the stream with its likelihood of speech; zeros fill the last one."""
    context, state = np.zeros(CONTEXT, np.float32), None
    for batch in _batches(blocks):
        scores, state = _score(np.concatenate([context, batch]), state)
        yield from zip(batch.reshape(-1, CHUNK), scores, strict=True)
        context = batch[-CONTEXT:]


@torch.inference_mode()
def _score(samples: Samples, state: State | None) -> tuple[list[float], State]:
    chunks = torch.from_numpy(samples).unfold(0, CONTEXT + CHUNK, CHUNK)
    scores, state = load_silero()(chunks, state)
    return scores.tolist(), state


def _batches(blocks: Iterable[Samples]) -> Iterator[Samples]:
    """The same samples in whole chunks, BATCH of them but at the end."""
    size = BATCH * CHUNK
    waiting = np.empty(0, np.float32)
    for block in blocks:
        waiting = np.concatenate([waiting, block])
        while len(waiting) >= size:
            yield waiting[:size]
            waiting = waiting[size:]
    if len(waiting):
        yield np.pad(waiting, (0, -len(waiting) % CHUNK))
