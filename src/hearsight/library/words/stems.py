"""Stems words by their language, so that "bicycles" meets "bicycle", and "écoles" meets "ecole".

The stemmers are LanceDB's (Snowball). They get words in normal form, without accents: so a word has one stem, however
it is typed, and hardly a stemmer needs the accents.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from sys import intern

from hearsight.library.words.normal_form import normal_form
from hearsight.util.lazy_lancedb import lancedb

STEMMERS = {
    "ar": "Arabic", "da": "Danish", "de": "German", "el": "Greek", "en": "English", "es": "Spanish", "fi": "Finnish",
    "fr": "French", "hu": "Hungarian", "it": "Italian", "nl": "Dutch", "no": "Norwegian", "pt": "Portuguese",
    "ro": "Romanian", "ru": "Russian", "sv": "Swedish", "ta": "Tamil", "tr": "Turkish",
}  # fmt: skip
NORWEGIAN = ("nb", "nn")  # its two written forms
DEFAULT = "en"
# Before the stem of a word that describes a sound, and before the language of such words: XENbark. No word and no
# language of a stemmer begins so. It is a letter, because full-text search looks for similar words of letters alone.
HEARD = "X"

# Endings that a stemmer knows by their marks alone: teh marbuta, plurals of -ão, Turkish vowels before front ones.
ENDINGS: dict[str, tuple[re.Pattern[str], Callable[[re.Match[str]], str]]] = {
    "ar": (re.compile("\u0647$"), lambda match: "\u0629"),
    "pt": (re.compile(r"(?:oes|aes|aos)$"), lambda match: "ao"),
    "tr": (re.compile(r"[ou](?=[^aeiou]+[ei])"), lambda match: {"o": "ö", "u": "ü"}[match[0]]),
}


def stemming_language(language: str | None) -> str:
    """Return the language by which the words of a transcript in this one are stemmed; "" for none.

    language: a two-letter code. English where it is not known: its stemmer leaves words in other letters alone.
    """
    if language in NORWEGIAN:
        return "no"
    if language is None or language == "und":
        return DEFAULT
    return language if language in STEMMERS else ""


def stemming_languages(languages: Iterable[str | None]) -> frozenset[str]:
    """Return the languages by which words are stemmed in transcripts of these languages, or where none is known."""
    return frozenset(map(stemming_language, [None, *languages]))


@lru_cache(maxsize=1 << 17)
def stem(word: str, language: str) -> str:
    """Return the stem of a word in normal form, with its language before it; the word itself for the language "".

    The language is in upper case, which no word has: ENdoctor. So stems of different languages differ.
    """
    if language.startswith(HEARD):
        return intern(HEARD + stem(word, language.removeprefix(HEARD)))
    if not language:
        return word
    if language in ENDINGS:
        ending, replacement = ENDINGS[language]
        word = ending.sub(replacement, word)
    options = {"base_tokenizer": "raw", "language": STEMMERS[language], "lower_case": False, "ascii_folding": False}
    [token] = lancedb.tokenize(word, stem=True, remove_stop_words=False, max_token_length=None, **options)
    return intern(language.upper() + normal_form(token.text).text)


def language_of(stem: str) -> str:
    """Return the language of a stem, of what is said or heard; "" for none."""
    tag = stem.removeprefix(HEARD)[:2]
    return tag.lower() if tag.isascii() and tag.isupper() else ""


def bare_stem(stem: str) -> str:
    """Return a stem without its language, and without the mark of what is heard."""
    return stem.removeprefix(HEARD)[2 if language_of(stem) else 0 :]
