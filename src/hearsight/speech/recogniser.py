"""The interface that all speech recognisers implement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hearsight.errors import HearsightError
from hearsight.media.audio import Samples
from hearsight.types import Line, Word


class RecogniserError(HearsightError):
    """A recogniser cannot be loaded, which is no fault of the file that it should hear."""


@dataclass(frozen=True)
class RecognisedSpeech:
    """What is said in a stretch of speech; times are in seconds from its start.

    words: the words, from a recogniser that times each of them. lines: whole lines, from one that does not; then words
    is empty. language: two-letter code; `types.UNDETERMINED` if most of it is in a language that the recogniser does
    not know, of which it returns nothing; None if unknown.
    """

    words: tuple[Word, ...]
    language: str | None
    lines: tuple[Line, ...] = ()


class Recogniser(Protocol):
    """Turns speech into words or lines.

    name: what it can be loaded by (`hearsight.speech.load`), such as "whisper:small". A library records it, and worker
    processes load the recogniser by it.
    """

    name: str

    def transcribe(self, samples: Samples) -> RecognisedSpeech:
        """Recognise one stretch of speech of at most 30 s, 16 kHz mono float32.

        Raises RecogniserError if it loads its weights only now, and cannot.
        """
