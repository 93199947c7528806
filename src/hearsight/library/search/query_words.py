"""Words of queries and transcripts: what matches, how strongly, and at which characters.

Queries, transcripts and the full-text index are cut into words by one tokenizer, LanceDB's: by ICU's dictionaries, so
that languages without spaces work, lower-case, without accents, stemmed as English. Stop words are kept in the index
("to be or not to be" can be found) and weighted here.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from itertools import chain, pairwise
from math import ceil
from sys import intern
from typing import NamedTuple

from hearsight.errors import HearsightError
from hearsight.library.tables.schema import TOKENIZER
from hearsight.util.lancedb import lancedb

# A transcript with a smaller share of the query's content words says something else.
MIN_COVERAGE = 0.5
# A match is certain if so many words, and runs of words, are in common.
CERTAIN = 3
LONG_RUN = 3
STOP_WORD = 1 / 4  # of a content word
MAX_WORDS = 64

STOP_WORDS = """
a about above after again all also am an and any are aren't as at be because been before being below between both but
by can can't cannot could couldn't did didn't do does doesn't doing don't down during each few for from further get
gets getting go goes got had has have haven't having he he's her here hers herself him himself his how i i'd i'll i'm
i've if in into is isn't it it's its itself just let let's like me more most must my myself no nor not now of off on
once one only onto or other our ours out over own re same she she's should so some such than that that's the their
theirs them themselves then there there's these they they're this those through to too under until up us very was
wasn't we we're were weren't what what's when where which while who whom why will with won't would you you'll you're
you've your yours
"""

# How people phrase a query ("a man says that ...", "the sound of ..."): about the moment, not part of what is said.
FRAMING = """
someone somebody anyone person people man woman speaker narrator voice say says said saying tell tells telling told talk
talks talking speak speaks speaking mention mentions mentioning hear hears heard hearing sound sounds noise video clip
scene moment show shows showing picture
"""


@lru_cache(maxsize=1 << 16)
def stems(text: str) -> tuple[str, ...]:
    """Return the words of a text as the index has them. Cached: searches meet the same transcripts again and again."""
    return tuple(intern(token.text) for token in lancedb.tokenize(text, **TOKENIZER))


def words(text: str) -> list[str]:
    """Return the same words as they are written in the text."""
    tokens = lancedb.tokenize(text, stem=False, lower_case=False, ascii_folding=False, **TOKENIZER)
    return [token.text for token in tokens]


@lru_cache(maxsize=1 << 12)
def stem_spans(text: str) -> list[tuple[str, int, int]]:
    """Return each word as the index has it, with the characters (start, end) of the text that it is from."""
    spans, end = [], 0
    for word, stem in zip(words(text), stems(text), strict=True):
        start = text.find(word, end)
        if start >= 0:
            end = start + len(word)
            spans.append((stem, start, end))
    return spans


@cache
def _ignored(word_list: str) -> frozenset[str]:
    return frozenset(stems(word_list))


class WordMatch(NamedTuple):
    """How well a transcript matches the words of a query, in the two ways that rank.py explains."""

    bm25: float = 0.0
    strength: float = 0.0


@dataclass(frozen=True)
class Query:
    """A query without characters that no text can have. Raises HearsightError if there is nothing to search for."""

    text: str

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise HearsightError("the query is empty; say what to look for, as in: a dog runs on a beach")
        if not any(_is_meaningful(char) for char in self.text):
            raise HearsightError(
                f"the query {self.text.strip()[:40]!r} has no word in it; say what to look for, as in: a dog runs on "
                "a beach"
            )

    @classmethod
    def parse(cls, text: str) -> Query:
        """Return a query without lone surrogates and null characters."""
        return cls(text.encode("utf-8", "replace").decode("utf-8").replace("\0", " "))

    @cached_property
    def stems(self) -> tuple[str, ...]:
        """Its words, in order."""
        return stems(self.text)

    @cached_property
    def content(self) -> frozenset[str]:
        """The words that say what it is about; all of them if it has only stop words."""
        distinct = list(dict.fromkeys(self.stems))
        meaningful = [word for word in distinct if word not in _ignored(STOP_WORDS)]
        subject = [word for word in meaningful if word not in _ignored(FRAMING)]
        return frozenset((subject or meaningful or distinct)[:MAX_WORDS])

    @cached_property
    def spoken(self) -> str:
        """The content words as they were typed, each once, for the full-text index to stem.

        A stem must not be stemmed again: "agree" becomes "agre", and that would become "agr".
        """
        typed = dict(zip(self.stems, words(self.text), strict=True))
        return " ".join(word for stem, word in typed.items() if stem in self.content)

    @cached_property
    def distinct(self) -> frozenset[str]:
        """All its words, each once."""
        return frozenset(self.stems)

    @cached_property
    def fewest(self) -> int:
        """The number of content words that a transcript must have, whatever runs of words it has."""
        stop_words = len(self.distinct - self.content)
        return max(1, ceil(MIN_COVERAGE * len(self.content) - STOP_WORD * stop_words))

    @cached_property
    def runs(self) -> frozenset[tuple[str, ...]]:
        """Its runs of words: two of which one is a content word, or any three."""
        pairs = ((a, b) for a, b in pairwise(self.stems) if a in self.content or b in self.content)
        return frozenset(chain(pairs, zip(self.stems, self.stems[1:], self.stems[2:], strict=False)))

    def strength(self, transcript: tuple[str, ...]) -> float:
        """Return how surely a transcript (its stems) says what the query asks for, from 0 to 1.

        This is the share of the content words that it has, times the evidence: three of the words, or fewer that stand
        together as in the query, are certain; one word is a third of that. Stop words only count in a run ("can do
        for"). Below half of the content words it is 0.
        """
        matched = self.content.intersection(transcript)
        if len(matched) < self.fewest:
            return 0.0
        if len(matched) >= CERTAIN and len(self.distinct) == len(self.content):  # runs would change nothing
            return len(matched) / len(self.content)
        starts = [position for position, word in enumerate(transcript) if word in self.distinct]
        runs = chain.from_iterable(
            (transcript[start : start + 2], transcript[start : start + LONG_RUN]) for start in starts
        )
        shared = self.runs.intersection(runs)
        stop_words = {word for run in shared if len(run) == LONG_RUN for word in run} - self.content
        coverage = min(1.0, (len(matched) + STOP_WORD * len(stop_words)) / len(self.content))
        if coverage < MIN_COVERAGE:
            return 0.0
        return coverage * min(1.0, (len(matched) + len(shared)) / CERTAIN)

    def spans(self, line: str) -> list[tuple[int, int]]:
        """Return the characters (start, end) of a line that are content words."""
        return [(start, end) for stem, start, end in stem_spans(line) if stem in self.content]


def _is_meaningful(char: str) -> bool:
    """Return whether a character can mean something: a letter, a number, or a picture such as an emoji."""
    category = unicodedata.category(char)
    return category[0] in "LN" or category == "So"
