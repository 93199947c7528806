"""Compares phrases with transcripts, word by word."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from hearsight.library.search.number_words import number_runs, spellings
from hearsight.library.search.query_words import folded_words, stems
from hearsight.library.search.sign_words import PERCENT, say_signs
from hearsight.library.search.sign_words import WORDS as SIGN_WORDS

APOSTROPHES = ("'", "\u2019")  # straight and curly, which the index keeps apart
MOST_SPELLINGS = 32  # of the numbers in a phrase


@dataclass(frozen=True)
class Phrase:
    """Words that follow each other in a transcript, or in what is read. Case, accents and punctuation do not matter.

    exact: whether each word must have this form. Otherwise "dogs" is the same as "dog". sense: "said" or "read"; None
    for either.
    """

    text: str
    exact: bool = True
    sense: str | None = None

    @cached_property
    def _spellings(self) -> list[str]:
        """Return the phrase with its signs as words and its numbers in every way, the typed one first."""
        text = say_signs(self.text) if self._has_signs else self.text
        words, position = folded_words(text), 0
        variants: list[tuple[str, ...]] = [()]
        for run in number_runs(words):
            before, typed = words[position : run.start], words[run.start : run.end]
            ways = dict.fromkeys([typed, *spellings(run)])
            variants = [(*variant, *before, *way) for way in ways for variant in variants][:MOST_SPELLINGS]
            position = run.end
        texts = [text, *(" ".join((*variant, *words[position:])) for variant in variants[1:])]
        return list(dict.fromkeys(text.replace(a, b) for text in texts for a in APOSTROPHES for b in APOSTROPHES))

    @cached_property
    def variants(self) -> list[str]:
        """Return what to ask the index for, which has no signs: a transcript with the phrase has all words of one."""
        if not self._has_signs:
            return self._spellings
        others = list[str]()
        for text in self._spellings:
            words = folded_words(text)
            others.append(" ".join(word for word in words if word not in SIGN_WORDS))
            others.append(" ".join("per cent" if word == PERCENT else word for word in words))
        return list(dict.fromkeys([*self._spellings, *filter(None, others)]))

    @cached_property
    def _has_signs(self) -> bool:
        """Return whether a transcript may write a part of the phrase as a sign, and the index find it without that."""
        words = folded_words(say_signs(self.text))
        return PERCENT in words or (len(words) > 1 and not SIGN_WORDS.isdisjoint(words))

    @cached_property
    def _runs(self) -> list[tuple[str, ...]]:
        return [self._words(text) for text in self._spellings]

    def _words(self, text: str) -> tuple[str, ...]:
        return folded_words(text) if self.exact else stems(text)

    @property
    def has_words(self) -> bool:
        """Return whether the phrase has a word; a transcript never has an emoji."""
        return bool(self._runs[0])

    @cached_property
    def is_one_stem(self) -> bool:
        """Return whether every transcript with the stems of a variant contains the phrase."""
        return not self.exact and not self._has_signs and all(len(run) == 1 for run in self._runs)

    @cached_property
    def _pattern(self) -> re.Pattern[str] | None:
        """Return what every plain English transcript with the phrase contains: a quick test, before words are cut."""
        if not (self.exact and all(map(str.isascii, chain.from_iterable(self._runs)))):
            return None
        return re.compile("|".join("[^a-z0-9]+".join(map(re.escape, run)) for run in self._runs))

    def is_in(self, transcript: str) -> bool:
        """Return whether a transcript contains the phrase."""
        if self._has_signs:
            transcript = say_signs(transcript)
        if self._pattern and transcript.isascii() and not self._pattern.search(transcript.lower()):
            return False
        words = self._words(transcript)
        return any(contains_run(words, run) for run in self._runs)


def contains_run(words: Sequence[str], run: Sequence[str]) -> bool:
    """Return whether words contain others, in the same order without one between them."""
    length, first = len(run), run[0]
    return any(words[i] == first and words[i : i + length] == run for i in range(len(words) - length + 1))
