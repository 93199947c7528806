"""Brings texts into the form in which the same word of two people is written alike, whatever its script.

The form has no upper case, no compatibility forms (full-width letters, ligatures), no invisible characters, no digits
but those of ASCII, one apostrophe, and none of the marks and letters that people leave out when they type: accents of
Latin, Greek and Cyrillic, points of Hebrew and Arabic, hamzas. Marks that make other words stay: vowel signs of Indic
scripts, of Thai and Khmer, the voicing of kana, and the breve of Cyrillic й.

Its parts are Unicode's NFKC, case folding and default ignorable code points, and for Arabic the normalisation of Lucene
(Larkey, Ballesteros and Connell, SIGIR 2002). Unicode data do not say which marks are optional: this file does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

APOSTROPHE = "'"
# Straight, typographic, modifier, full-width; what keyboards have beside them; marks of length and glottal stops.
APOSTROPHES = "'`\u00b4\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u05f3\u2018\u2019\u201b\u2032\uff07\ua78b\ua78c"
HYPHEN = "-"
HYPHENS = "-\u2010\u2011\u05be\u30fb\uff65\ufe63\uff0d"  # with the Hebrew maqaf and the middle dot of katakana
NO_LETTERS = "©®™℠℗№"  # compatible with letters, but not said
IGNORABLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufffb"  # of the first plane
)
# Scripts whose words may be parted by a space of no width, and the one in which a word may be parted by a non-joiner.
SPACELESS, ARABIC = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff", "\u0600-\u06ff\u0750-\u077f\u08a0-\u08ff"

# Letters that Unicode does not decompose, as people type them who do not have them.
LETTERS = str.maketrans(
    {
        **dict(zip("øłđðıħŧəƙɓɗƴ", "olddihtekbdy", strict=True)),
        **{"æ": "ae", "œ": "oe", "þ": "th"},
        **dict.fromkeys("\u0671\u0672\u0673\u0675", "\u0627"),  # alefs
        **dict.fromkeys("\u0649\u06cc\u06d0", "\u064a"),  # yehs, without dots and of Persian
        **dict.fromkeys("\u0629\u06c3\u06c1\u06be\u06c2\u06d5", "\u0647"),  # teh marbuta; hehs of Urdu and Persian
        **dict.fromkeys("\u06a9\u06aa", "\u0643"),  # kafs
        **{"\u0640": "", "\u05f4": ""},  # the Arabic stretching; the Hebrew sign of abbreviations
        **{"\u05f0": "\u05d5\u05d5", "\u05f1": "\u05d5\u05d9", "\u05f2": "\u05d9\u05d9"},  # digraphs of Yiddish
        **{"\u0901": "\u0902"},  # one Devanagari nasal for both
        **dict.fromkeys("\u055b\u055c\u055e", ""),  # Armenian marks over the vowel of a word
        **dict.fromkeys(APOSTROPHES, APOSTROPHE),
        **dict.fromkeys(HYPHENS, HYPHEN),
    }
)
THAI_AM = {"\u0e33", "\u0eb3"}  # letters whose compatible form is two, which cannot be cut into words


@dataclass(frozen=True)
class NormalForm:
    """The normal form of a text.

    starts, ends: the bounds in the text of each of its characters; None where they are the same.
    """

    text: str
    starts: Sequence[int] | None = None
    ends: Sequence[int] | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the positions in the text of a part of the form, at least one character."""
        return (start, end) if self.starts is None or self.ends is None else (self.starts[start], self.ends[end - 1])


def normal_form(text: str) -> NormalForm:
    """Return the normal form of a text."""
    if text.isascii():
        return NormalForm(_fold_ascii(text))
    parts, starts, ends = list[str](), list[int](), list[int]()
    for match in _units().finditer(text):
        unit, group, (start, end) = match[0], match.lastgroup, match.span()
        if group == "ascii":
            parts.append(_fold_ascii(unit))
            starts += range(start, end)
            ends += range(start + 1, end + 1)
        else:
            folded = match.expand(CONTEXTS[group][1]) if group else fold(unit)
            parts.append(folded)
            starts += [start] * len(folded)
            ends += [end] * len(folded)
    return NormalForm("".join(parts), starts, ends)


def _fold_ascii(text: str) -> str:
    return text.lower().replace("`", APOSTROPHE)


# What depends on the characters around: its pattern, and what it becomes.
CONTEXTS = {
    "joint": (rf"(?<=[{ARABIC}])\u200c(?=[{ARABIC}])", HYPHEN),  # می‌خواهم is written in one word, too, and in two
    "gap": (rf"(?<=[{SPACELESS}])\u200b", " "),
    "abbreviation": (r"(?<=[\u05d0-\u05ea])\"(?=[\u05d0-\u05ea])", ""),  # צה"ל
    "thai": (r"\u0e4d(?P<tone>[\u0e48-\u0e4b]?)\u0e32", "\\g<tone>\u0e33"),  # น้ํา typed in parts
    "lao": (r"\u0ecd(?P<lao_tone>[\u0ec8-\u0ecb]?)\u0eb2", "\\g<lao_tone>\u0eb3"),
}


@cache
def _units() -> re.Pattern[str]:
    """Return a pattern of the parts of a text that have a normal form of their own: characters with their marks."""
    marks = re.sub(f"[{IGNORABLE}]", "", _marks(0x300, 0x10000))
    # The pattern looks those of the first plane up in a table; the others are slow, and few texts have any.
    rare = rf"(?=[\U00010000-\U0001ffff])[{_marks(0x10000, 0x20000)}]"
    extending = rf"(?!\u0e4d[\u0e48-\u0e4b]?\u0e32)[{marks}\u1160-\u11ff\ud7b0-\ud7ff\uff9e\uff9f]|{rare}"
    contexts = "|".join(f"(?P<{name}>{pattern})" for name, (pattern, _) in CONTEXTS.items())
    alternatives = rf"(?P<ascii>[\x00-\x7f]+(?=[\x00-\x7f]|\Z))|{contexts}|.(?:[{IGNORABLE}]*(?:{extending}))*"
    return re.compile(alternatives, re.DOTALL)


def _marks(start: int, end: int) -> str:
    """Return the combining marks in a range of code points."""
    return "".join(char for char in map(chr, range(start, end)) if unicodedata.category(char)[0] == "M")


@lru_cache(maxsize=1 << 16)
def fold(unit: str) -> str:
    """Return the normal form of a character with its marks."""
    first = unit[0]
    if first in NO_LETTERS:
        return " "
    if first in APOSTROPHES:
        return APOSTROPHE
    if unit in THAI_AM or unicodedata.decomposition(first).startswith("<fraction>"):
        return unit
    letters, base = list[str](), ""
    for char in unicodedata.normalize("NFKD", unit):
        category = unicodedata.category(char)
        if category == "Cf" or re.match(f"[{IGNORABLE}]", char):
            continue
        if category[0] != "M":
            base = char
        elif base and _is_optional(char, base):
            continue
        letters.append(str(unicodedata.decimal(char)) if category == "Nd" else char)
    return unicodedata.normalize("NFC", "".join(letters)).casefold().translate(LETTERS)


def _is_optional(mark: str, base: str) -> bool:
    """Return whether a mark on a character may be left out, and leaves the same word."""
    script = unicodedata.name(base, "").partition(" ")[0]
    if script in ("LATIN", "GREEK", "HEBREW", "ARABIC", "SYRIAC") or unicodedata.category(mark) == "Me":
        return True
    if script == "CYRILLIC":  # stress, and ё; not й, ї, ў, ѓ and ќ, which are other letters
        return (mark in "\u0300\u0301" and base not in "гкГК") or (mark == "\u0308" and base in "\u0435\u0415")
    return script == "DEVANAGARI" and mark == "\u093c"
