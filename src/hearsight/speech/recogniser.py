"""The one interface of all speech recognisers, and the way to get one by name."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

from hearsight.errors import HearsightError
from hearsight.media.audio import Samples
from hearsight.types import Word

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Recognised:
    """What was said in a stretch of speech; times in seconds from its start.

    language: two-letter code, None where unknown.
    """

    words: tuple[Word, ...]
    language: str | None


class Recogniser(Protocol):
    """Turns speech into words. name says which one made a transcript."""

    name: str

    def transcribe(self, samples: Samples) -> Recognised:
        """The words of one stretch of speech of at most 30 s, 16 kHz mono float32."""


def load_recogniser(name: str = "auto") -> Recogniser | None:
    """The recogniser of that name; None for "none".

    "pocketsphinx": in the base install, offline, English.
    "whisper": faster-whisper's "small" model; "whisper:NAME" another of its models, downloaded on first use;
    "whisper:FOLDER" a Whisper in CTranslate2's or in Hugging Face's format.
    "auto": whisper if its extra is installed and one of its models is on this machine already, else
    pocketsphinx. It never downloads: what was not asked for by name should not wait for a gigabyte, or fail
    on a train.

    Raises HearsightError for another name, a missing extra, or a model that cannot be found or downloaded.
    """
    kind, _, model = name.partition(":")
    if kind == "none" and not model:
        return None
    if kind == "auto" and not model:
        return _best_here()
    if kind == "pocketsphinx" and not model:
        return _pocketsphinx()
    if kind == "whisper":
        from hearsight.speech.whisper import DEFAULT_MODEL, WhisperRecogniser

        return WhisperRecogniser(model or DEFAULT_MODEL)
    raise HearsightError(
        f"no recogniser is called {name!r}: use auto, none, pocketsphinx, whisper or whisper:NAME-OR-FOLDER"
    )


def _best_here() -> Recogniser:
    from hearsight.speech.whisper import WhisperRecogniser, cached_model

    model = cached_model()
    if model is None:
        return _pocketsphinx()
    log.info("speech is recognised by whisper:%s, which is on this machine", model)
    return WhisperRecogniser(model)


def _pocketsphinx() -> Recogniser:
    from hearsight.speech.sphinx import SphinxRecogniser

    return SphinxRecogniser()
