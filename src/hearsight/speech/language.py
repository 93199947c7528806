"""Tells the language of a transcript from its words, where its source does not say it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from hearsight.speech.transcript import Transcript

MOST_LETTERS = 20_000  # that are read
MIN_PROBABILITY = 0.5


def with_language(transcript: Transcript) -> Transcript:
    """Return a transcript with the language that its words are in, if that was not known and is plain."""
    if transcript.language is not None or not transcript.lines:
        return transcript
    return replace(transcript, language=detect_language(transcript.text))


def detect_language(text: str) -> str | None:
    """Return the two-letter code of the language of a text; None if that is not plain, as in a short one."""
    language, probability = _identifier().classify(text[:MOST_LETTERS])
    return str(language) if probability >= MIN_PROBABILITY and len(language) == 2 else None


@cache
def _identifier() -> Any:
    """Return py3langid's model of 140 languages (Lui and Baldwin, ACL 2012), which takes a second to load."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
