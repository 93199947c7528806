"""The interface that all speech recognisers implement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hearsight.media.audio import Samples
from hearsight.types import Word


@dataclass(frozen=True)
class RecognisedSpeech:
    """The words of a stretch of speech; their times are in seconds from its start.

    language: two-letter code, None if unknown.
    """

    words: tuple[Word, ...]
    language: str | None


class Recogniser(Protocol):
    """Turns speech into words.

    name: what it can be loaded by (`hearsight.speech.load`), such as "whisper:small". A library records it, and worker
    processes load the recogniser by it.
    """

    name: str

    def transcribe(self, samples: Samples) -> RecognisedSpeech:
        """Recognise one stretch of speech of at most 30 s, 16 kHz mono float32."""
