"""Compares phrases with transcripts, word by word."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice

from hearsight.library.words.indexed_words import ALTERNATIVE
from hearsight.library.words.number_words import number_runs, spellings
from hearsight.library.words.sign_words import say_signs
from hearsight.library.words.sound_descriptions import said_in
from hearsight.library.words.stems import HEARD, stem
from hearsight.library.words.word_forms import Word, cut

MOST_SPELLINGS = 32  # of the numbers in a phrase

Forms = tuple[str, ...]  # of a word: the ways to type it


@dataclass(frozen=True)
class Phrase:
    """Words that follow each other in a transcript, or in what is read. Case, accents and punctuation do not matter.

    exact: whether each word must have this form. Otherwise "dogs" is the same as "dog". sense: "said" or "read"; None
    for either, and for what describes a sound in a transcript.
    """

    text: str
    exact: bool = True
    sense: str | None = None

    @cached_property
    def runs(self) -> list[tuple[Forms, ...]]:
        """Return the words to find one after the other: as typed, with compounds in one, with numbers in every way."""
        words = cut(say_signs(self.text))
        return list(dict.fromkeys([*_spelled([word.forms for word in words]), *_with_compounds(words)]))

    @property
    def has_words(self) -> bool:
        """Return whether the phrase has a word; a transcript never has an emoji."""
        return bool(self.runs[0])

    @cached_property
    def is_one_stem(self) -> bool:
        """Return whether every transcript with the stems of a run contains the phrase."""
        return not self.exact and all(len(run) == 1 for run in self.runs)

    def stems_of_runs(self, languages: Collection[str]) -> list[tuple[Forms, ...]]:
        """Return the runs as stems of transcripts in these languages: with alternatives for each word."""
        marks = ("", HEARD) if self.sense is None else ("",)
        return [_stem_run(run, language, marks) for language in languages for run in self.runs]

    def is_in(self, text: str, language: str, words: Sequence[str] | None = None) -> bool:
        """Return whether a text contains the phrase.

        words: its stems, if they are known: most texts without the phrase need not be cut then, and they tell what is
        said in it from what is heard.
        """
        stemmed = self.stems_of_runs([language])
        if words is not None and not any(_may_contain(words, run) for run in stemmed):
            return False
        texts = dict.fromkeys([text, said_in([text], language)])  # "I [sighs] love you": without what is heard between
        return any(self._is_in(each, language, stemmed) for each in texts)

    def _is_in(self, text: str, language: str, stemmed: Sequence[tuple[Forms, ...]]) -> bool:
        own = cut(say_signs(text))
        both = [[word.forms for word in own], *_with_compounds(own)]
        if self.exact:
            return any(contains_run(forms, run) for forms in both for run in self.runs)
        both = [[tuple(stem(form, language) for form in forms) for forms in words] for words in both]
        return any(contains_run(forms, run) for forms in both for run in stemmed)


def _spelled(words: Sequence[Forms]) -> list[tuple[Forms, ...]]:
    """Return words with their numbers in every way, the typed one first."""
    variants, position = list[tuple[Forms, ...]]([()]), 0
    for run in number_runs([forms[0] for forms in words]):
        before, typed = words[position : run.start], tuple(words[run.start : run.end])
        ways = dict.fromkeys([typed, *(tuple((word,) for word in way) for way in spellings(run))])
        variants = [(*variant, *before, *way) for way in ways for variant in variants][:MOST_SPELLINGS]
        position = run.end
    return [(*variant, *words[position:]) for variant in variants]


def _with_compounds(words: Sequence[Word]) -> Iterator[tuple[Forms, ...]]:
    """Yield the words with every compound in one, if there is any."""
    forms, position = list[Forms](), 0
    while position < len(words):
        word = words[position]
        forms.append((word.compound,) if word.compound else word.forms)
        position += word.length
    if len(forms) < len(words):
        yield tuple(forms)


@lru_cache(maxsize=1 << 12)
def _stem_run(run: tuple[Forms, ...], language: str, marks: tuple[str, ...]) -> tuple[Forms, ...]:
    return tuple(tuple(dict.fromkeys(stem(form, mark + language) for mark in marks for form in forms)) for forms in run)


def _may_contain(words: Sequence[str], run: Sequence[Forms]) -> bool:
    """Return whether the words of an index may be those of a text with a run. Alternatives may be compounds."""
    if len(run) == 1:
        return any(not set(run[0]).isdisjoint(word.split(ALTERNATIVE)) for word in words)
    for start in range(len(words)):
        for forms, word in zip(run, islice(words, start, None), strict=False):
            if word not in forms:
                if ALTERNATIVE in word and not set(forms).isdisjoint(word.split(ALTERNATIVE)):
                    return True
                break
        else:
            if start + len(run) <= len(words):
                return True
    return False


def contains_run(words: Sequence[Forms], run: Sequence[Forms]) -> bool:
    """Return whether words contain others, in the same order without one between them. Each has its forms."""
    return any(
        all(not set(forms).isdisjoint(word) for forms, word in zip(run, words[start : start + len(run)], strict=True))
        for start in range(len(words) - len(run) + 1)
    )
