"""Tells queries that are surely not English, for experts that understand nothing else.

The rule is simple, and rather silent than wrong: names and rare words are in no list, and short words that English has
too ("die", "pour", "con") are evidence of nothing.
"""

from __future__ import annotations

import re
import unicodedata

# Frequent words of other languages that are neither English words nor parts of many names, as "la" and "el" are.
FOREIGN_WORDS = """
ein eine einen einem einer und ist nicht wird auf beim zum zur jemand wie
un une qui dans avec quelqu plusieurs
una unos unas que está alguien muy della nella qualcuno suona
uma não alguém
een het niet iemand och ett som noen nogen bir się ktoś seekor sedang
"""
# Frequent words of English descriptions of sounds, which outweigh such a word in a name.
ENGLISH_WORDS = """
the and of on at by with from to for is are as into over near while someone somebody people person man woman men
women child children loud loudly quiet quietly distant background sound sounds noise noises voice voices music song
playing play plays singing sings speaking speaks talking talks running runs barking barks ringing rings
"""
_WORD = re.compile(r"[^\W\d_]+")


def is_foreign(text: str) -> bool:
    """Return whether a text is surely not English: it has letters and none is Latin, or it has more frequent words of
    other languages than of English.
    """
    words, foreign, english = _WORD.findall(text), FOREIGN_WORDS.split(), ENGLISH_WORDS.split()
    more = sum(word in foreign for word in words) > sum(word.lower() in english for word in words)
    return more or has_other_letters(text)


def has_other_letters(text: str) -> bool:
    """Return whether a text has letters, and none of them is Latin."""
    letters = [letter for word in _WORD.findall(text) for letter in word]
    return bool(letters) and not any(map(_is_latin, letters))


def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith(("LATIN", "FULLWIDTH LATIN"))
