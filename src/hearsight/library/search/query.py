"""Words of queries and transcripts: what matches, how strongly, and where.

Queries, transcripts and the full-text index are cut into words by one tokenizer, LanceDB's: by ICU's dictionaries, so
that languages without spaces work, lower-case, without accents, stemmed as English. Stop words are kept in the index
("to be or not to be" can be found) and weighed here.
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
from hearsight.util.lancedb import lancedb

TOKENIZER = {"base_tokenizer": "icu", "remove_stop_words": False, "max_token_length": None}

# A transcript that has less than this part of the query's content words says something else.
LEAST_COVERAGE = 0.5
# So many words, and runs of words, in common make a match certain.
CERTAIN = 3
LONG_RUN = 3
STOP_WORD = 1 / 4  # of a content word
MOST_WORDS = 64

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

# How people put a query ("a man says that ...", "the sound of ..."): about the moment, not part of what is said in it.
FRAMING = """
someone somebody anyone person people man woman speaker narrator voice say says said saying tell tells telling told talk
talks talking speak speaks speaking mention mentions mentioning hear hears heard hearing sound sounds noise video clip
scene moment show shows showing picture
"""


@lru_cache(maxsize=1 << 16)
def stems(text: str) -> tuple[str, ...]:
    """The words of a text as the index has them. Remembered, for searches meet the same transcripts again and again."""
    return tuple(intern(token.text) for token in lancedb.tokenize(text, **TOKENIZER))


def words(text: str) -> list[str]:
    """The same words as they stand in the text."""
    tokens = lancedb.tokenize(text, stem=False, lower_case=False, ascii_folding=False, **TOKENIZER)
    return [token.text for token in tokens]


@lru_cache(maxsize=1 << 12)
def placed_stems(text: str) -> list[tuple[str, int, int]]:
    """Each word as the index has it, with where it starts and ends in the text."""
    placed, at = [], 0
    for word, stem in zip(words(text), stems(text), strict=True):
        start = text.find(word, at)
        if start >= 0:
            at = start + len(word)
            placed.append((stem, start, at))
    return placed


@cache
def _ignored(listed: str) -> frozenset[str]:
    return frozenset(stems(listed))


class Said(NamedTuple):
    """What the words of a query that a transcript has are worth: in search.py's two ways."""

    bm25: float = 0.0
    strength: float = 0.0


@dataclass(frozen=True)
class Query:
    """A query, cleaned of what no text can hold. Raises HearsightError if there is nothing in it to look for."""

    text: str

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise HearsightError("the query is empty; say what to look for, as in: a dog runs on a beach")
        if not any(_tells(char) for char in self.text):
            shown = self.text.strip()[:40]
            raise HearsightError(f"the query {shown!r} has no word in it; say what to look for")

    @classmethod
    def of(cls, text: str) -> Query:
        return cls(text.encode("utf-8", "replace").decode("utf-8").replace("\0", " "))

    @cached_property
    def stems(self) -> tuple[str, ...]:
        return stems(self.text)

    @cached_property
    def content(self) -> frozenset[str]:
        """The words that say what it is about; all of them if it has only stop words."""
        every = list(dict.fromkeys(self.stems))
        told = [word for word in every if word not in _ignored(STOP_WORDS)]
        about = [word for word in told if word not in _ignored(FRAMING)]
        return frozenset((about or told or every)[:MOST_WORDS])

    @cached_property
    def spoken(self) -> str:
        """The content words as they were typed, each once, for the full-text index to stem.

        Stemming is not for what is a stem already: "agree" becomes "agre", and that would become "agr".
        """
        typed = dict(zip(self.stems, words(self.text), strict=True))
        return " ".join(word for stem, word in typed.items() if stem in self.content)

    @cached_property
    def asked(self) -> frozenset[str]:
        """All its words."""
        return frozenset(self.stems)

    @cached_property
    def fewest(self) -> int:
        """Of the content words, so many a transcript has to have, whatever stands in a row in it."""
        others = len(self.asked - self.content)
        return max(1, ceil(LEAST_COVERAGE * len(self.content) - STOP_WORD * others))

    @cached_property
    def runs(self) -> frozenset[tuple[str, ...]]:
        """Words in a row: two of which one says something, or any three."""
        pairs = ((a, b) for a, b in pairwise(self.stems) if a in self.content or b in self.content)
        return frozenset(chain(pairs, zip(self.stems, self.stems[1:], self.stems[2:], strict=False)))

    def strength(self, transcript: tuple[str, ...]) -> float:
        """How surely a transcript (its stems) says what is asked for, from 0 to 1.

        The part of the content words that it has, times the evidence: three of the words, or fewer that stand together
        as in the query, are certain; one word is a third of that. Stop words tell something only in a row ("can do
        for"). Without half of the content words it is 0.
        """
        matched = self.content.intersection(transcript)
        if len(matched) < self.fewest:
            return 0.0
        if len(matched) >= CERTAIN and len(self.asked) == len(self.content):  # no matter what stands in a row
            return len(matched) / len(self.content)
        begin = [place for place, word in enumerate(transcript) if word in self.asked]
        rows = chain.from_iterable((transcript[at : at + 2], transcript[at : at + LONG_RUN]) for at in begin)
        shared = self.runs.intersection(rows)
        in_a_row = {word for run in shared if len(run) == LONG_RUN for word in run} - self.content
        coverage = min(1.0, (len(matched) + STOP_WORD * len(in_a_row)) / len(self.content))
        if coverage < LEAST_COVERAGE:
            return 0.0
        return coverage * min(1.0, (len(matched) + len(shared)) / CERTAIN)

    def spans(self, line: str) -> list[tuple[int, int]]:
        """Where in a line the content words stand."""
        return [(start, end) for stem, start, end in placed_stems(line) if stem in self.content]


def _tells(char: str) -> bool:
    """Whether a character can say something: a letter, a number, or a picture such as an emoji."""
    category = unicodedata.category(char)
    return category[0] in "LN" or category == "So"
