"""Spells numbers as English words, and reads them: 1972 and "nineteen seventy-two" are the same number.

Subtitles write numbers in digits, recognisers mostly in words, and people type either. The index has what was written:
so a query is spelled in every way (`spellings`), and transcripts are compared by the numbers in them (`number_runs`).

This is code of our own, because both directions are needed: num2words only spells (it is under the LGPL, and needs a
package that nobody keeps any more).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import cache
from itertools import takewhile
from typing import NamedTuple

from hearsight.library.words.stems import bare_stem, stem

UNITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
TEENS = ["ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
SCALES = {"billion": 10**9, "million": 10**6, "thousand": 10**3}
SMALL = {word: value for value, word in enumerate([*UNITS, *TEENS])} | {
    word: 10 * value for value, word in enumerate(TENS, 2)
}
ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth"}
ORDINALS |= {"twelve": "twelfth"} | {word: f"{word[:-1]}ieth" for word in TENS}
ORDINALS = {word: ORDINALS.get(word, f"{word}th") for word in (*SMALL, "hundred", *SCALES)}
DECADES = {word: f"{word[:-1]}ies" for word in TENS}
ZEROS = ("oh", "o")  # in years: nineteen oh five

END = 10**12  # larger numbers are only digits
CENTURIES = range(13, 21)  # "twelve thirty" is a time of day rather than a year
MOST_WORDS = 32
MOST_DIGITS = 24
DIGITS = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(?:(\.\d+)|(st|nd|rd|th)|(s))?", re.ASCII)


def _any(words: Sequence[str]) -> str:
    return f"(?:{'|'.join(words)})"


# The grammar of spoken numbers, on words with a space after each.
_UNIT = _any(UNITS[1:]) + " "
_BELOW_100 = rf"(?:{_any(TENS)} (?:{_UNIT})?|{_any(TEENS)} |{_UNIT})"
_BELOW_1000 = rf"(?:(?:{_BELOW_100}|a )hundred (?:(?:and )?{_BELOW_100})?|{_BELOW_100})"
_THOUSANDS = rf"(?:{_BELOW_1000}|a ){_any(list(SCALES))} "
CARDINAL = re.compile(rf"{_THOUSANDS}(?:(?:and )?{_THOUSANDS})*(?:(?:and )?{_BELOW_1000})?|{_BELOW_1000}|zero ")
YEAR = re.compile(
    rf"({_any([word for word in (*TEENS, *TENS) if SMALL[word] in CENTURIES])} )"
    rf"(?:{_any(ZEROS)} ({_UNIT})|({_any(TENS)} (?:{_UNIT})?|{_any(TEENS)} ))"
)
DECIMALS = re.compile(rf"point ((?:{_any([*UNITS, *ZEROS])} )+)")


class Number(NamedTuple):
    """A number. is_ordinal: 21st and not 21."""

    value: Fraction
    is_ordinal: bool = False


class NumberRun(NamedTuple):
    """A number in a list of words: words[start:end]. is_decade: 1970s; the number is 1970, as in the index."""

    start: int
    end: int
    number: Number
    is_decade: bool = False


def spellings(run: NumberRun) -> list[tuple[str, ...]]:
    """Return the ways to write a number, as words in lower case without hyphens. Digits are one word."""
    value, is_ordinal = run.number
    if value.denominator != 1:
        return _spell_fraction(value)
    integer = int(value)
    if integer >= END:
        return []
    spoken = [*_cardinals(integer), *_years(integer)]
    if run.is_decade:
        return [(f"{integer}s",), *((*words[:-1], DECADES[words[-1]]) for words in spoken if words[-1] in DECADES)]
    digits = [str(integer), *([f"{integer:,}"] if integer >= 1000 else [])]
    if is_ordinal:
        digits = [text + _ordinal_suffix(integer) for text in digits]
        spoken = [(*words[:-1], ORDINALS[words[-1]]) for words in spoken]
    return [*((text,) for text in digits), *spoken]


def _ordinal_suffix(value: int) -> str:
    return "th" if value // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")


def _spell_fraction(value: Fraction) -> list[tuple[str, ...]]:
    count = next(count for count in range(1, MOST_DIGITS + MOST_WORDS) if 10**count % value.denominator == 0)
    integer, decimals = divmod(int(value * 10**count), 10**count)
    text = f"{decimals:0{count}}"
    tail = ("point", *(UNITS[int(digit)] for digit in text))
    ways = [(*words, *tail) for words in (_cardinals(integer) if integer < END else [])]
    return [(f"{integer}.{text}",), *ways, *([tail] if not integer else [])]


def _cardinals(value: int) -> list[tuple[str, ...]]:
    """Return the ways to say a number below END: with and without "and", and with "a" for a leading "one"."""
    ways = [_spell(value, ()), _spell(value, ("and",))]
    if value >= 100 and ways[0][0] == "one":
        ways += [("a", *words[1:]) for words in ways]
    return list(dict.fromkeys(ways))


def _spell(value: int, joint: tuple[str, ...]) -> tuple[str, ...]:
    for name, size in {**SCALES, "hundred": 100}.items():
        if value >= size:
            many, rest = divmod(value, size)
            tail = (*(joint if rest < 100 else ()), *_spell(rest, joint)) if rest else ()
            return (*_spell(many, joint), name, *tail)
    if value < 20:
        return ((*UNITS, *TEENS)[value],)
    return (TENS[value // 10 - 2], *((UNITS[value % 10],) if value % 10 else ()))


def _years(value: int) -> list[tuple[str, ...]]:
    """Return the ways to say a year: nineteen seventy two, nineteen oh five, nineteen hundred and five."""
    century, rest = divmod(value, 100)
    if century not in CENTURIES:
        return []
    first, last = _spell(century, ()), _spell(rest, ())
    ways = [(*first, "hundred", *between, *(last if rest else ())) for between in ((), *((("and",),) if rest else ()))]
    if rest >= 10:
        ways.append((*first, *last))
    elif rest:
        ways += [(*first, zero, *last) for zero in ZEROS]
    return ways


def number_runs(words: Sequence[str]) -> Iterator[NumberRun]:
    """Yield the numbers in a list of plain words or English stems, in order, each as long as possible."""
    position, forms = 0, _forms()
    while position < len(words):
        word, run = words[position], None
        if "0" <= word[:1] <= "9":
            run = _read_digits(word, position)
        elif word in forms:
            run = _read_words(words, position)
        if run:
            yield run
        position = run.end if run else position + 1


@cache
def _forms() -> dict[str, str]:
    """Return the plain word of each form and each stem of a number word: "two" for "second"."""
    plain = {word: word for word in (*SMALL, *SCALES, *ZEROS, "hundred", "and", "a", "point")}
    forms = plain | {form: word for table in (DECADES, ORDINALS) for word, form in table.items()}
    stems = {bare_stem(stem(form, "en")): word for form, word in reversed(forms.items())}
    return stems | forms


def _read_digits(word: str, position: int) -> NumberRun | None:
    match = DIGITS.fullmatch(word) if len(word) < MOST_DIGITS else None
    if match is None:
        return None
    digits, fraction, ordinal, decade = match.groups()
    value = Fraction(f"{digits.replace(',', '')}{fraction or ''}")
    return NumberRun(position, position + 1, Number(value, bool(ordinal)), bool(decade))


def _read_words(words: Sequence[str], start: int) -> NumberRun | None:
    forms, ordinals, decades = _forms(), set(ORDINALS.values()), set(DECADES.values())
    candidates = list(takewhile(forms.__contains__, words[start : start + MOST_WORDS]))
    # An ordinal is the last word of its number.
    last = next((i for i, word in enumerate(candidates) if word in ordinals), len(candidates))
    text = "".join(f"{forms[word]} " for word in candidates[: last + 1])
    spoken = ""
    value = Fraction(0)
    if year := YEAR.match(text):
        spoken, value = year[0], Fraction(100 * _sum(year[1]) + _sum(year[2] or year[3]))
    if (cardinal := CARDINAL.match(text)) and len(cardinal[0]) > len(spoken):
        spoken, value = cardinal[0], Fraction(_sum(cardinal[0]))
    if decimals := DECIMALS.match(text, len(spoken)):
        digits = "".join(str(SMALL.get(word, 0)) for word in decimals[1].split())
        spoken, value = text[: decimals.end()], value + Fraction(f"0.{digits}")
    if not spoken:
        return None
    end = start + spoken.count(" ")
    return NumberRun(start, end, Number(value, words[end - 1] in ordinals), words[end - 1] in decades)


def _sum(text: str) -> int:
    """Return the value of a number in plain words."""
    total = group = 0
    for word in text.split():
        if word in SCALES:
            total, group = total + group * SCALES[word], 0
        elif word == "hundred":
            group *= 100
        else:
            group += 1 if word == "a" else SMALL.get(word, 0)
    return total + group
