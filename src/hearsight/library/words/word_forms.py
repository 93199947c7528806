"""Cuts texts into words, and tells in which forms each may be typed.

ICU's dictionaries find the words of languages without spaces (LanceDB's tokenizer has them). What hangs on a word falls
off: articles and pronouns before an apostrophe (l'école), endings after it (doctor's), particles of Korean and prefixes
of Hebrew. Compounds (e-mail) and abbreviations (U.S.A.) may be typed in one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, lru_cache
from sys import intern
from typing import NamedTuple

from hearsight.library.words.normal_form import APOSTROPHE, HYPHEN, normal_form
from hearsight.util.lazy_lancedb import lancedb

CUT = {
    "base_tokenizer": "icu", "stem": False, "lower_case": False, "ascii_folding": False, "remove_stop_words": False,
    "max_token_length": None,
}  # fmt: skip

# What French, Italian, Catalan, Occitan, Portuguese and Irish put before an apostrophe, without accents.
ELIDED = """
l d j n s c m t b qu jusqu lorsqu puisqu quoiqu quelqu presqu entr dell all nell dall sull coll un quest quell bell sant
gl com dov cos anch tutt mezz grand buon nessun ciascun qualcun senz v
"""
CONTRACTED = ("s", "ll", "re", "ve", "d", "m")  # of English, after an apostrophe
SHORTEST_NAME = 3  # letters before the apostrophe of an ending: Ankara'da
# Letters that are typed without their mark or, where there is none on the keyboard, as two.
UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
MOST_PARTS = 5  # of a compound
KATAKANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}  # as hiragana
LENGTH_MARK, SHORTEST_KANA = "ー", 4  # サーバー is サーバ, too
# After a consonant, or after a vowel; after both.
KOREAN_PARTICLES = (
    ("은", "이", "을", "과", "으로", "이랑", "이나", "아"),
    ("는", "가", "를", "와", "로", "랑", "야"),
    ("에", "에서", "에게", "에게서", "의", "도", "만", "까지", "부터", "처럼", "보다", "한테", "께서", "마다", "밖에"),
)
HEBREW_PREFIXES = re.compile("(?:\u05d5?(?:כש|מה|שה|לכש|[הבלמשכ])|\u05d5)(?=[א-ת]{3})")  # \u05d5 is "and"


class Word(NamedTuple):
    """A word of a text. start, end: its positions in the text.

    forms: the ways to type it, the plain one first, in normal form. compound: the same of the compound that begins with
    it; "" for none. length: the number of words of that.
    """

    forms: tuple[str, ...]
    start: int
    end: int
    compound: str = ""
    length: int = 1


@lru_cache(maxsize=1 << 12)
def cut(text: str) -> tuple[Word, ...]:
    """Return the words of a text."""
    normal = normal_form(text)
    pieces = list(_pieces(normal.text))
    words = list[Word]()
    for piece, start, end in pieces:
        first, last = normal.span(start, end)
        words.append(Word(_forms(piece, text[first:last]), first, last))
    if HYPHEN in normal.text:
        for first, length in _compounds(normal.text, pieces):
            joined = "".join(word.forms[0] for word in words[first : first + length])
            words[first] = words[first]._replace(compound=intern(joined), length=length)
    return tuple(words)


def _pieces(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield what ICU takes for words in a normal form, with positions, without elided articles."""
    end = 0
    for token in lancedb.tokenize(text, **CUT):
        start = text.find(token.text, end)
        if start < 0:
            continue
        end = start + len(token.text)
        if token.text.isalnum() or token.text.replace(".", "").isdigit():
            yield token.text, start, end
        elif re.fullmatch(r"\w(?:\.\w)+", token.text):  # U.S.A
            yield token.text.replace(".", ""), start, end
        else:  # a full stop without a space after it, or a name_in_a_file
            for part in re.finditer(r"[^._]+", token.text):
                elided = _elided(part[0])
                yield part[0][elided:], start + part.start() + elided, start + part.end()


def _elided(piece: str) -> int:
    """Return the number of characters of an article or pronoun before a word that begins with a vowel."""
    head, apostrophe, tail = piece.partition(APOSTROPHE)
    return len(head) + 1 if apostrophe and head in _elided_words() and tail[:1] in tuple("aeiouhy") else 0


@cache
def _elided_words() -> frozenset[str]:
    return frozenset(ELIDED.split())


@lru_cache(maxsize=1 << 16)
def _forms(piece: str, written: str) -> tuple[str, ...]:
    """Return the ways to type a word. piece: its normal form. written: the same in the text."""
    forms = _without_apostrophes(piece) if APOSTROPHE in piece else (piece.replace("·", ""),)
    if not piece.isascii():
        forms = tuple(other for form in forms for other in _of_script(form))
    elif not written.isascii():
        plain = unicodedata.normalize("NFC", written).casefold()
        if (spelled := plain.translate(UMLAUTS)) != plain:
            forms = (*forms, *_without_apostrophes(normal_form(spelled).text))
    return tuple(map(intern, dict.fromkeys(forms)))


def _without_apostrophes(piece: str) -> tuple[str, ...]:
    """Return the ways to write a word without its apostrophes: in one, or without an ending."""
    head, _, tail = piece.rpartition(APOSTROPHE)
    joined, base = piece.replace(APOSTROPHE, ""), head.replace(APOSTROPHE, "")
    if base and tail in CONTRACTED:
        return (base, joined) if tail == "s" else (base,)  # he'll is not hell
    if len(base) >= SHORTEST_NAME and not piece.endswith("n't"):
        return (joined, base)
    return (joined,)


def _of_script(form: str) -> Iterator[str]:
    """Yield a word as it is typed, and without what its script writes in one with it."""
    if "\u3041" <= form[-1] <= "\u30ff":
        kana = form.translate(KATAKANA)
        yield kana[:-1] if kana[-1] == LENGTH_MARK and len(kana) >= SHORTEST_KANA else kana
        return
    yield form.translate(KATAKANA)
    if "가" <= form[-1] <= "힣":
        yield from _without_particles(form)
    elif prefix := HEBREW_PREFIXES.match(form):
        yield form[prefix.end() :]


def _without_particles(form: str) -> Iterator[str]:
    """Yield a Korean word without its particle, and without the one before that."""
    for length in (3, 2, 1):
        word, particle = form[:-length], form[-length:]
        if word and "가" <= word[-1] <= "힣":
            ends_in_vowel = (ord(word[-1]) - ord("가")) % 28 == 0
            if particle in KOREAN_PARTICLES[ends_in_vowel] or particle in KOREAN_PARTICLES[2]:
                yield word
                yield from _without_particles(word)
                return


def _compounds(text: str, pieces: list[tuple[str, int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the first word and the number of words of each compound, whose words have a hyphen between them."""
    first = 0
    for i in range(1, len(pieces) + 1):
        if i == len(pieces) or text[pieces[i - 1][2] : pieces[i][1]] != HYPHEN:
            if 1 < i - first <= MOST_PARTS:
                yield first, i - first
            first = i
