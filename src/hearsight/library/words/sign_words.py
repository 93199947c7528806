"""Says signs as English words, so that "25%" and "25 per cent" are the same, and "R&D" and "R and D".

The index has no signs. So queries are searched with their signs as words, and compared with transcripts whose signs are
words, too (`Query.stems_of`, `Phrase.is_in`). What is found by a sign alone is not: some other word must be shared.
"""

from __future__ import annotations

import re

PERCENT = "percent"
CURRENCIES = {"$": "dollar", "€": "euro", "£": "pound", "¥": "yen", "₹": "rupee", "¢": "cent"}
DEGREES = {"°C": "degrees celsius", "°F": "degrees fahrenheit", "°": "degrees"}
# Signs as Asian keyboards write them, and the Arabic percent sign.
WIDE = {ord(sign) + 0xFEE0: sign for sign in "%&+$#"} | {0xFFE0: "¢", 0xFFE1: "£", 0xFFE5: "¥", 0x066A: "%"}
WIDE |= {0x2103: "°C", 0x2109: "°F"}
WITHOUT_PLURAL = ("yen",)
# All words that stand for a sign.
WORDS = frozenset([PERCENT, "and", "plus", "number", "degree", "degrees", "celsius", "fahrenheit"]).union(
    *((word, f"{word}s") for word in CURRENCIES.values())
)

_AMOUNT = r"(\d++(?:[.,]\d++)*+)"  # nothing is tried twice: a text may be of digits alone
_SCALE = r"(\s?(?:thousand|million|billion|trillion|bn|[kmb])\b)?"
_SIGN = f"[{''.join(CURRENCIES)}]"
_ANY = re.compile(rf"[{''.join(CURRENCIES)}{''.join(chr(code) for code in WIDE)}%&+°№#]|per[\s-]cent", re.IGNORECASE)
_BEFORE = re.compile(rf"({_SIGN})\s?{_AMOUNT}{_SCALE}", re.IGNORECASE)
_AFTER = re.compile(rf"(?<!\d)(?<!\d[.,]){_AMOUNT}{_SCALE}\s?({_SIGN})", re.IGNORECASE)
_DEGREES = re.compile(r"(?<![\d.,])(1)\s?°(?![CF]\b)")
_OTHERS = [
    (re.compile(r"\bper[\s-]cent\b|%", re.IGNORECASE), PERCENT),
    (re.compile("&"), "and"),
    (re.compile(r"(?<=[\w+])\+|(?<=\s)\+(?=\s)|\+(?=\d)"), "plus"),  # C++, 2 + 2, +49; not +word
    (re.compile(r"№|#(?=\s?\d)"), "number"),
    (re.compile(r"°C\b"), DEGREES["°C"]),
    (re.compile(r"°F\b"), DEGREES["°F"]),
    (_DEGREES, r"\1 degree"),
    (re.compile("°"), DEGREES["°"]),
]


def say_signs(text: str) -> str:
    """Return a text with words in place of its signs, in the order in which they are said: "$5 million" is "5 million
    dollars". "Per cent" becomes one word.
    """
    if not _ANY.search(text):
        return text
    text = text.translate(WIDE)
    text = _BEFORE.sub(lambda match: f" {match[2]}{match[3] or ''} {_currency(match[1], match[2], match[3])} ", text)
    text = _AFTER.sub(lambda match: f" {match[1]}{match[2] or ''} {_currency(match[3], match[1], match[2])} ", text)
    for sign, word in _OTHERS:
        text = sign.sub(f" {word} ", text)
    return text


def _currency(sign: str, amount: str, scale: str | None) -> str:
    word = CURRENCIES[sign]
    return word if word in WITHOUT_PLURAL or (amount == "1" and not scale) else f"{word}s"
