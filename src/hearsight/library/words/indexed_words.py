"""Writes a transcript as its full-text index has it: its words, stemmed, with a space between them.

The index cuts it at the spaces and changes nothing: so searches on disk and in memory agree. A word that may be typed
in several forms has the stem of each, with a tab between them. Signs are words there, too. After what is said comes, of
a transcript that describes sounds, a mark, and what is heard, with that mark before each word: "[dog barking] Sit!" is
ENsit XEN XENdog XENbark.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from sys import intern

import pyarrow as pa

from hearsight.library.tables.schema import WORDS
from hearsight.library.words.sign_words import say_signs
from hearsight.library.words.sound_descriptions import said_and_heard, said_in, say_music
from hearsight.library.words.stems import DEFAULT, HEARD, stem, stemming_language
from hearsight.library.words.word_forms import cut

ALTERNATIVE = "\t"


@lru_cache(maxsize=1 << 14)
def stems(text: str, language: str) -> tuple[str, ...]:
    """Return the words of a text, stemmed by a language ("" for none), each with its alternatives."""
    return tuple(_stem_forms(word.forms, word.compound, language) for word in cut(text))


@lru_cache(maxsize=1 << 16)
def _stem_forms(forms: tuple[str, ...], compound: str, language: str) -> str:
    every = (*forms, compound) if compound else forms
    return intern(ALTERNATIVE.join(dict.fromkeys(stem(form, language) for form in every)))


def stems_of_word(word: str, languages: Iterable[str]) -> frozenset[str]:
    """Return the stems of a single word in each of these languages."""
    return frozenset(stem(form, language) for language in languages for form in cut(word)[0].forms)


def indexed_words(text: str, language: str | None) -> str:
    """Return what the index has of a text in a language: a two-letter code, or None where it is not known."""
    return " ".join(stems(say_signs(text), stemming_language(language)))


def indexed_transcript(lines: Sequence[str], language: str | None) -> str:
    """Return what the index has of the lines of a transcript: of what is said, and of the sounds that they describe."""
    words = indexed_words(said_in(lines, language), language)
    heard = " ".join(filter(None, (said_and_heard(line, language)[1] for line in lines)))
    if not heard:
        return words
    stemming = stemming_language(language)
    sounds = stems(say_signs(say_music(heard, language)), HEARD + stemming)
    return " ".join([*([words] if words else []), sound_mark(stemming), *sounds])


def sound_mark(language: str) -> str:
    """Return what the index has of every transcript that describes sounds in a language, before their words."""
    return HEARD + language.upper()


def stems_of_index(words: str) -> tuple[str, ...]:
    """Return the stems of which `indexed_words` made this."""
    return tuple(map(intern, words.split(" "))) if words else ()


def stems_of_rows(rows: pa.Table, column: str) -> list[tuple[str, ...]]:
    """Return the stems of each row. column: with the texts, which a table of an older Hearsight has alone."""
    if WORDS in rows.column_names:
        return [stems_of_index(words or "") for words in rows[WORDS].to_pylist()]
    return [stems(say_signs(text or ""), DEFAULT) for text in rows[column].to_pylist()]


def alternatives(words: Sequence[str]) -> list[str]:
    """Return all stems of words, one by one, as the index counts them."""
    return ALTERNATIVE.join(words).split(ALTERNATIVE) if words else []
