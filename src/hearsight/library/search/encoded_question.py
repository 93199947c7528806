"""A question as the experts of a library read it: the vectors, words and cues of each of its parts."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from hearsight.experts.cues import asks_for_sound, asks_for_speech, asks_for_text
from hearsight.experts.ensemble import Sense
from hearsight.experts.registry import encode_query
from hearsight.experts.sound_registry import encode_sound_query
from hearsight.library.search.query_words import Query, content_words
from hearsight.library.search.question import SENSES, Question
from hearsight.models.query_encoder import QueryEncoder

Vector = NDArray[np.float32]
# A word that is cut into more tokens than this is one that the model has hardly met.
KNOWN_PIECES = 2


@dataclass(frozen=True)
class EncodedPart:
    """A part of a question.

    sense: what its prefix demands, "seen", "heard", "said" or "read"; None for words without a prefix. vector: the
    model's, (D'). meanings: those of the text experts, by name; none for a part that asks for nothing said or read.
    sounds: those of the sound experts; none for a part that asks for nothing heard. unfamiliar: the share of its words
    that the model has hardly met. asks_for: "read" if it speaks of writing and something is read in pictures, else
    whether it speaks of saying, names a sound, or does both.
    """

    sense: str | None
    vector: Vector
    meanings: dict[str, Vector]
    sounds: dict[str, Vector]
    unfamiliar: float
    asks_for: Sense


@dataclass(frozen=True)
class EncodedQuestion:
    """A question with its parts, all of which must hold. vector: of all that is looked for, (D')."""

    question: Question
    vector: Vector
    parts: tuple[EncodedPart, ...]

    @property
    def words(self) -> Query | None:
        """Return the words that may be said; None if the question asks for nothing said."""
        return self.question.words

    @classmethod
    def encode(
        cls,
        question: Question,
        encoder: QueryEncoder,
        experts: tuple[str, ...],
        sounds: tuple[str, ...],
        can_read: bool = False,
    ) -> EncodedQuestion:
        """Encode a question for a model, for these text experts and for these sound experts.

        can_read: whether anything is read in pictures.
        """
        texts: list[tuple[str | None, str]] = [(None, question.free)] if question.free else []
        texts += [(sense, text) for sense in SENSES for text in getattr(question, sense)]
        quotes = any(phrase.sense != "read" for phrase in question.phrases)
        parts = tuple(encode_part(text, sense, encoder, experts, sounds, quotes, can_read) for sense, text in texts)
        return cls(question, text_vector(question.meaning, encoder), parts)


def encode_part(
    text: str,
    sense: str | None,
    encoder: QueryEncoder,
    experts: tuple[str, ...],
    sounds: tuple[str, ...],
    quotes: bool,
    can_read: bool = False,
) -> EncodedPart:
    """Encode a part of a question. quotes: whether the question has an exact phrase, which is said."""
    heard = asks_for_sound(text)
    asks_for: Sense = "heard" if heard else ""
    if quotes or sense == "said" or asks_for_speech(text):
        asks_for = "said and heard" if heard else "said"
    if sense == "read" or (sense is None and can_read and not quotes and asks_for_text(text)):
        asks_for = "read"
    return EncodedPart(
        sense=sense,
        vector=text_vector(text, encoder),
        meanings={name: encode_query(text, name) for name in experts} if sense in (None, "said", "read") else {},
        sounds={name: encode_sound_query(text, name) for name in sounds} if sense in (None, "heard") else {},
        unfamiliar=float(unfamiliar_shares([text], encoder)[0]),
        asks_for=asks_for,
    )


def unfamiliar_shares(texts: Sequence[str], encoder: QueryEncoder) -> NDArray[np.float64]:
    """Return the share of each text's content words that a model has hardly met, from 0 to 1, (N,)."""
    content = [content_words(text) for text in texts]
    unfamiliar = unfamiliar_words(list(dict.fromkeys(chain.from_iterable(content))), encoder)
    return np.array([sum(word in unfamiliar for word in words) / max(len(words), 1) for words in content])


def unfamiliar_words(words: Sequence[str], encoder: QueryEncoder) -> set[str]:
    """Return the words that a model has hardly met: names, and those that are misspelt."""
    counts = encoder.count_pieces(words) if words else []
    return {word for word, pieces in zip(words, counts, strict=True) if pieces > KNOWN_PIECES}


def text_vector(text: str, encoder: QueryEncoder) -> Vector:
    """Return a text's vector, (D'). Cached, because people repeat searches and turn pages."""
    return _text_vector(text, weakref.ref(encoder)).copy()


@lru_cache(maxsize=1000)
def _text_vector(text: str, reference: weakref.ref[QueryEncoder]) -> Vector:
    encoder = reference()
    assert encoder is not None, "the caller has a reference to the encoder"
    vector: Vector = encoder.encode([text])[0]
    return vector
