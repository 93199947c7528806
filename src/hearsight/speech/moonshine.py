"""Recognise English speech with Moonshine's tiny model: small, fast, offline, part of the base install.

The model writes English whatever it hears: of music, noise and other languages it makes sentences that nobody said. It
is unsure of them, so a sentence counts only with evidence: the mean log probability of its tokens. A decoder that has
lost the sound repeats itself, more and more certain, so a repetition has the certainty of the first time, and counts
once. docs/performance.md has the measurements behind the limits.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hearsight.errors import HearsightError
from hearsight.media.audio import SAMPLE_RATE, Samples
from hearsight.speech.moonshine_network import FILES, MoonshineNetwork, Token
from hearsight.speech.recogniser import RecognisedSpeech
from hearsight.speech.vad import CHUNK_SECONDS, SPEECH, speech_likelihood
from hearsight.types import UNDETERMINED, Line

PEAK = 0.5  # of the loudest sample, of 1
PACKAGE = "moonshine-voice>=0.0.62,<0.1"  # from 0.1 on it contains no model
MIN_EVIDENCE = -0.45
# The mean likelihood of speech above which someone surely speaks; sounds mistaken for speech have less.
CERTAIN_SPEECH = 0.95
MIN_FOREIGN = 1.5  # seconds
# Shorter sentences join the next one: an evidence of two tokens says little, and "Mr." is no sentence.
MIN_WORDS = 3
SENTENCE_END = re.compile(rb"[.?!][\"'\xe2\x80\x9d\x99)]*$")
# Chunks around an estimated border, among which the quietest is searched, and over which quiet is averaged.
NEAR_BORDER, QUIET = 20, 5


def model_folder() -> Path | None:
    """Return the folder of the English model in the package moonshine-voice; None without the package or the model."""
    spec = find_spec("moonshine_voice")  # which imports nothing
    folders = [Path(folder) / "assets" / "tiny-en" for folder in spec.submodule_search_locations or ()] if spec else []
    return next((folder for folder in folders if all((folder / name).is_file() for name in FILES)), None)


class MoonshineRecogniser:
    """A recogniser with the English model of moonshine-voice. Several threads may use it, and it survives a fork."""

    name = "moonshine"

    def __init__(self) -> None:
        folder = model_folder()
        if folder is None:
            raise HearsightError(
                f"moonshine is not installed, or without its model: run {shlex.quote(sys.executable)} -m pip install "
                f"'{PACKAGE}', or use another recogniser"
            )
        self._folder = folder

    @cached_property
    def _network(self) -> MoonshineNetwork:
        """The network, which is loaded when it is needed: an update recognises speech in another process."""
        return MoonshineNetwork(self._folder)

    def transcribe(self, samples: Samples) -> RecognisedSpeech:
        """Recognise one stretch of speech (`Recogniser`): the sentences that there is evidence for, as lines."""
        likelihood = speech_likelihood(samples)
        spoken = likelihood[likelihood >= SPEECH]
        if not len(spoken):
            return RecognisedSpeech((), None)
        tokens = self._network.decode(_loud(samples))
        if not any(token.text for token in tokens):
            return RecognisedSpeech((), None)
        sentences = list(_sentences(list(_with_first_doubts(tokens))))
        # Tokens that a sentence repeats do not count: the decoder may have lost the sound.
        lengths = [sum(map(len, {token.text for token in sentence})) for sentence in sentences]
        lines, understood = [], 0
        for sentence, length, (start, end) in zip(sentences, lengths, _times(lengths, likelihood), strict=True):
            if _evidence(sentence) >= MIN_EVIDENCE and (text := _text(sentence)):
                lines.append(Line(start, min(end, len(samples) / SAMPLE_RATE), text))
                understood += length
        certain = len(spoken) * CHUNK_SECONDS >= MIN_FOREIGN and float(spoken.mean()) >= CERTAIN_SPEECH
        foreign = 2 * understood < sum(lengths) and certain
        return RecognisedSpeech((), UNDETERMINED if foreign else "en", tuple(lines))


def _loud(samples: Samples) -> Samples:
    """Return the sound as loud as speech is recorded: the model misunderstands faint voices."""
    loudest = float(np.abs(samples).max(initial=0.0))
    return samples * np.float32(PEAK / loudest) if loudest else samples


def _sentences(tokens: Sequence[Token]) -> Iterator[list[Token]]:
    """Yield the tokens of each sentence. END belongs to the last one."""
    sentence: list[Token] = []
    for token in tokens:
        text = b"".join(each.text for each in sentence)
        if token.text.startswith(b" ") and SENTENCE_END.search(text) and len(text.split()) >= MIN_WORDS:
            yield sentence
            sentence = []
        sentence.append(token)
    if sentence:
        yield sentence


def _with_first_doubts(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the tokens; one that comes after the same token as once before is no more certain than it was then."""
    first: dict[tuple[bytes, bytes], float] = {}
    for before, token in pairwise([Token(b"", 0.0), *tokens]):
        certainty = first.setdefault((before.text, token.text), token.log_probability)
        yield Token(token.text, min(certainty, token.log_probability))


def _evidence(sentence: Sequence[Token]) -> float:
    """Return the mean log probability of the tokens: 0 for certainty, below it for doubt. Repetitions count once."""
    pairs = pairwise([Token(b"", 0.0), *sentence])
    return float(np.mean(list({(before.text, token.text): token.log_probability for before, token in pairs}.values())))


def _text(tokens: Sequence[Token]) -> str:
    """Return the text of tokens; "" without a letter or digit, and for bytes that are no text."""
    try:
        text = b"".join(token.text for token in tokens).decode().strip()
    except UnicodeDecodeError:
        return ""
    return text if any(map(str.isalnum, text)) else ""


def _times(lengths: Sequence[int], likelihood: NDArray[np.float32]) -> list[tuple[float, float]]:
    """Return the start and end, in seconds, of consecutive sentences, estimated from their lengths in letters.

    The model tells no times. People speak equally many letters a second while they speak, and pause between sentences:
    so each gets its share of the time with speech, and a border is moved to the quietest place near it.
    """
    spoken = likelihood >= SPEECH
    progress = np.cumsum(spoken) / spoken.sum()
    loudness = np.convolve(likelihood, np.ones(QUIET), mode="same")
    borders = [0]
    for share in np.cumsum(lengths)[:-1] / sum(lengths):
        estimate = int(np.searchsorted(progress, share))
        first = max(estimate - NEAR_BORDER, borders[-1])
        borders.append(first + int(np.argmin(loudness[first : estimate + NEAR_BORDER])))
    times = []
    for first, last in pairwise([*borders, len(likelihood)]):
        (chunks,) = np.nonzero(spoken[first:last])
        start, end = (chunks[0], chunks[-1] + 1) if len(chunks) else (0, last - first)
        times.append((CHUNK_SECONDS * float(first + start), CHUNK_SECONDS * float(first + end)))
    return times
