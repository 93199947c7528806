"""Parses what a person types into a search.

    a birthday party                    plain words: seen, heard or said
    seen: a red car  said: sorry        what is seen, and what is said
    "happy birthday"                    exactly these words are said, one after the other
    birthday -cake  -"ice cream"        these words are not said

A prefix is one of SENSES with a colon, at the beginning of a word. What follows it, up to the next prefix, is searched
by this sense; all parts of a query must hold. Other words with a colon are plain text: 10:30, re:, http://, C:\\.

Quotation marks of every language are alike. One after a digit is an inch mark (a 5" pipe). What they enclose is said,
read in the picture, or stands in subtitles that describe a sound; after `said:` it is said, and after `read:` it is
read. After `seen:` and `heard:` they only protect what looks like a prefix or an exclusion.

A minus sign at the beginning of a word, before a letter or a quotation mark, leaves out the same. Numbers below zero
(-5), dashes, -- and the hyphens of well-known are plain text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from hearsight.errors import HearsightError
from hearsight.experts.cues import asks_for_text
from hearsight.library.search.phrase import Phrase
from hearsight.library.search.query_words import FRAMING_WORDS, WRITING_WORDS, Query, is_meaningful, valid_text

SENSES = ("seen", "heard", "said", "read")
EXAMPLES = {"seen": "a red car", "heard": "a dog barks", "said": "good morning", "read": "exit"}
QUOTES = '"“”„‟«»\uff02「」『』〝〞〟'  # \uff02 is the wide "
MAX_CONDITIONS = 32  # prefixes, phrases and exclusions: each is a search of its own

SENSE = rf"({'|'.join(SENSES)})[:\uff1a]"  # \uff1a is the wide colon of Chinese and Japanese
PREFIX = re.compile(SENSE, re.IGNORECASE)
EXCLUSION = re.compile(rf"-(?:{SENSE})?(?=[{QUOTES}]|[^\W\d_])", re.IGNORECASE)
WORD = re.compile(rf"[^\s{QUOTES}]+")
# A whole exclusion, as the parser reads it.
EXCLUDED = rf"(?:(?<!\S)|(?<=[:\uff1a])){EXCLUSION.pattern}(?:[{QUOTES}][^{QUOTES}]*[{QUOTES}]|{WORD.pattern})"


@dataclass(frozen=True)
class Question:
    """A query, in its parts.

    text: as it was typed. free: the words without a prefix. seen, heard, said, read: a text for each prefix. None of
    the texts has any of the syntax; words in quotation marks are part of the text that they stand in.
    phrases: what must be said or read, word by word. exclusions: what must be neither.
    """

    text: str
    free: str = ""
    seen: tuple[str, ...] = ()
    heard: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    read: tuple[str, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    exclusions: tuple[Phrase, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Question:
        """Parse any string.

        Raises HearsightError for a query that says nothing to look for: an empty one, one without a word, with only
        exclusions or with nothing after a prefix; and for quotation marks that are not closed or enclose no word.
        """
        if not isinstance(text, str):
            raise HearsightError(f"the query is {text!r}, and must be a text; say what to look for")
        return _Parser(valid_text(text)).parse()

    @cached_property
    def meaning(self) -> str:
        """Return the text to encode: all that is looked for."""
        return " ".join(filter(None, (self.free, *self.seen, *self.heard, *self.said, *self.read)))

    @cached_property
    def words(self) -> Query | None:
        """Return the words that may be said; None if the query asks only for what is seen, heard or read."""
        text = " ".join(filter(None, (self.free, *self.said)))
        return Query(text) if any(map(is_meaningful, text)) else None

    @cached_property
    def sound_words(self) -> Query | None:
        """Return the words that may describe a sound in subtitles: after `heard:`, or else those without a prefix."""
        text = " ".join(self.heard) or self.free
        return Query(text, describes_sound=True) if any(map(is_meaningful, text)) else None

    @cached_property
    def written_words(self) -> Query | None:
        """Return the words that may be read in pictures; None if the query asks for nothing that is read."""
        text = " ".join(filter(None, (self.free, *self.read)))
        framing = FRAMING_WORDS + WRITING_WORDS if asks_for_text(self.free) else FRAMING_WORDS
        return Query(text, framing) if any(map(is_meaningful, text)) else None


def is_plain(text: str) -> bool:
    """Return whether a text means itself as a query: it has words, and no prefix, quotation mark or exclusion."""
    try:
        question = Question.parse(text)
    except HearsightError:
        return False
    return question == Question(question.text, question.free)


@dataclass
class _Part:
    """The text of one prefix; of none, at the beginning of a query."""

    sense: str | None = None
    words: list[str] = field(default_factory=list)
    has_exclusions: bool = False

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.parts = [_Part()]
        self.phrases: list[Phrase] = []
        self.exclusions: list[Phrase] = []

    def parse(self) -> Question:
        text, position, begins_word = self.text, 0, True
        while position < len(text):
            if begins_word and (prefix := PREFIX.match(text, position)):
                self.parts.append(_Part(prefix[1].lower()))
                position = prefix.end()
                continue
            if begins_word and (minus := EXCLUSION.match(text, position)):
                position = self._exclude(minus)
            elif self._opens(position):
                phrase, position = self._quoted(position)
                self._add_phrase(phrase)
            elif word := WORD.match(text, position):
                self._add(word[0])
                position = word.end()
            else:  # a space, or an inch mark
                self._add(text[position])
                position += 1
            begins_word = text[position - 1].isspace()
        return self._question()

    def _add(self, text: str) -> None:
        self.parts[-1].words.append(text)

    def _add_phrase(self, phrase: str) -> None:
        self._add(f" {phrase} ")
        if (sense := self.parts[-1].sense) in (None, "said", "read"):
            self.phrases.append(_with_words(Phrase(phrase, sense=sense)))

    def _exclude(self, minus: re.Match[str]) -> int:
        """Note what is to be left out, and return the position after it."""
        named = minus[1] or self.parts[-1].sense
        start, sense = minus.end(), named.lower() if named else None
        if self.text[start] in QUOTES:
            phrase, end = self._quoted(start)
            excluded = Phrase(phrase, sense=sense)
        else:
            match = WORD.match(self.text, start)
            assert match is not None, "EXCLUSION looks ahead"
            excluded, end = Phrase(match[0], exact=False, sense=sense), match.end()
        if sense in ("seen", "heard"):
            raise HearsightError(
                f"the query leaves out {_short(excluded.text)} from what is {sense}, but only what is said or read can "
                "be left out; write it before the first prefix, or after said: or read:"
            )
        self.exclusions.append(_with_words(excluded))
        self.parts[-1].has_exclusions = True
        return end

    def _opens(self, position: int) -> bool:
        """Return whether a quotation mark stands here that is no inch mark."""
        return self.text[position] in QUOTES and not self.text[position - 1 : position].isdigit()

    def _quoted(self, start: int) -> tuple[str, int]:
        """Return the text in quotation marks, and the position after them."""
        end = next((i for i in range(start + 1, len(self.text)) if self.text[i] in QUOTES), None)
        if end is None:
            raise HearsightError(
                f"the query has a quotation mark that is not closed, before {_short(self.text[start + 1 :])}; close "
                "it, or leave it out"
            )
        return self.text[start + 1 : end], end + 1

    def _question(self) -> Question:
        if len(self.phrases) + len(self.exclusions) + len(self.parts) - 1 > MAX_CONDITIONS:
            raise HearsightError(
                f"the query has more than {MAX_CONDITIONS} prefixes, exact phrases and words to leave out; give fewer"
            )
        first, *others = [part for part in self.parts if part.sense is None or self._has_text(part)]
        if not others and self.exclusions and not any(map(is_meaningful, first.text)):
            raise HearsightError(
                "the query only says what to leave out; say what to look for, too, as in: birthday -cake"
            )
        if not others:
            Query(first.text)  # raises HearsightError without a word
        senses = {sense: tuple(part.text for part in others if part.sense == sense) for sense in SENSES}
        free = first.text if any(map(is_meaningful, first.text)) else ""
        return Question(self.text, free, **senses, phrases=tuple(self.phrases), exclusions=tuple(self.exclusions))

    def _has_text(self, part: _Part) -> bool:
        """Return whether a prefix has a text; said: and read: may have only exclusions.

        Raises HearsightError for neither.
        """
        if not (has_text := any(map(is_meaningful, part.text))) and not part.has_exclusions:
            raise HearsightError(
                f"the query has nothing to look for after '{part.sense}:'; write it there, as in "
                f"{part.sense}: {EXAMPLES[str(part.sense)]}"
            )
        return has_text


def _with_words(phrase: Phrase) -> Phrase:
    if not phrase.has_words:
        raise HearsightError(
            f"the query has no word in its quotation marks ({_short(phrase.text)}); write the exact words there, or "
            "leave the marks out"
        )
    return phrase


def _short(text: str) -> str:
    return repr(" ".join(text.split())[:40])
