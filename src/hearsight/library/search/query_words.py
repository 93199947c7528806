"""Compares the words of queries and transcripts: which match, how strongly, and at which characters.

One tokenizer, LanceDB's, cuts queries, transcripts and the full-text index into words. It uses ICU's dictionaries, so
that languages without spaces work, removes upper case and accents, and stems words as English. The index contains stop
words, so that "to be or not to be" can be found; they are weighted here.
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
from hearsight.util.lazy_lancedb import lancedb

# A transcript with a smaller share of the query's content words is about something else.
MIN_COVERAGE = 0.5
# A match is certain if the transcript and the query share this number of words and runs of words.
CERTAIN_MATCHES = 3
LONG_RUN = 3  # words; runs have two or three
STOP_WORD_WEIGHT = 1 / 4  # relative to a content word
MAX_CONTENT_WORDS = 64

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

# Words that frame a query ("a man says that ...", "the sound of ..."): they describe the moment and are not said in it.
FRAMING_WORDS = """
someone somebody anyone person people man woman speaker narrator voice say says said saying tell tells telling told talk
talks talking speak speaks speaking mention mentions mentioning hear hears heard hearing sound sounds noise video clip
scene moment show shows showing picture
"""


@lru_cache(maxsize=1 << 16)
def stems(text: str) -> tuple[str, ...]:
    """Return the words of a text as the index has them. Cached, because searches compare the same transcripts again."""
    return tuple(intern(token.text) for token in lancedb.tokenize(text, **TOKENIZER))


def words(text: str) -> list[str]:
    """Return the words of a text as they are written, one for each of its stems."""
    tokens = lancedb.tokenize(text, stem=False, lower_case=False, ascii_folding=False, **TOKENIZER)
    return [token.text for token in tokens]


@lru_cache(maxsize=1 << 12)
def stem_spans(text: str) -> list[tuple[str, int, int]]:
    """Return each word of a text as (stem, start, end), with the positions of its characters."""
    spans, end = [], 0
    for word, stem in zip(words(text), stems(text), strict=True):
        start = text.find(word, end)
        if start >= 0:
            end = start + len(word)
            spans.append((stem, start, end))
    return spans


@cache
def _stem_set(word_list: str) -> frozenset[str]:
    return frozenset(stems(word_list))


class WordMatch(NamedTuple):
    """A transcript's scores for the words of a query, by the two measures that rank.py explains."""

    bm25: float = 0.0
    strength: float = 0.0


@dataclass(frozen=True)
class Query:
    """A text to search for, with its words.

    Raises HearsightError if the text is empty or has no word. `parse` makes one of any string.
    """

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
        """Return the stems of the query's words, in order."""
        return stems(self.text)

    @cached_property
    def content_stems(self) -> frozenset[str]:
        """Return the stems of the words that carry the meaning; all stems if the query has only stop words."""
        distinct = list(dict.fromkeys(self.stems))
        meaningful = [word for word in distinct if word not in _stem_set(STOP_WORDS)]
        subject = [word for word in meaningful if word not in _stem_set(FRAMING_WORDS)]
        return frozenset((subject or meaningful or distinct)[:MAX_CONTENT_WORDS])

    @cached_property
    def full_text(self) -> str:
        """Return the content words as they were typed, each once: the query for the full-text index, which stems them.

        A stem must not be stemmed again: "agree" becomes "agre", which would become "agr".
        """
        typed = dict(zip(self.stems, words(self.text), strict=True))
        return " ".join(word for stem, word in typed.items() if stem in self.content_stems)

    @cached_property
    def distinct_stems(self) -> frozenset[str]:
        """Return the stems of all words, each once."""
        return frozenset(self.stems)

    @cached_property
    def min_content_words(self) -> int:
        """Return the number of content words that a transcript needs for a match, even if it shares runs of words."""
        stop_words = len(self.distinct_stems - self.content_stems)
        return max(1, ceil(MIN_COVERAGE * len(self.content_stems) - STOP_WORD_WEIGHT * stop_words))

    @cached_property
    def runs(self) -> frozenset[tuple[str, ...]]:
        """Return the query's runs of stems: two of which one is a content word, or any three."""
        pairs = ((a, b) for a, b in pairwise(self.stems) if a in self.content_stems or b in self.content_stems)
        return frozenset(chain(pairs, zip(self.stems, self.stems[1:], self.stems[2:], strict=False)))

    def strength(self, transcript: tuple[str, ...]) -> float:
        """Return how certainly a transcript says what the query says, from 0 to 1.

        transcript: its stems. The strength is the share of the content words that the transcript contains, times the
        evidence: three words, or fewer in the same runs as in the query, are certain; one word is a third of that. Stop
        words only count in a run of three ("can do for"), as a quarter of a word. With less than half of the content
        words, so counted, the strength is 0.
        """
        matched = self.content_stems.intersection(transcript)
        if len(matched) < self.min_content_words:
            return 0.0
        if len(matched) >= CERTAIN_MATCHES and len(self.distinct_stems) == len(
            self.content_stems
        ):  # runs would change nothing
            return len(matched) / len(self.content_stems)
        positions = [position for position, word in enumerate(transcript) if word in self.distinct_stems]
        runs = chain.from_iterable(
            (transcript[start : start + 2], transcript[start : start + LONG_RUN]) for start in positions
        )
        shared = self.runs.intersection(runs)
        stop_words = {word for run in shared if len(run) == LONG_RUN for word in run} - self.content_stems
        coverage = min(1.0, (len(matched) + STOP_WORD_WEIGHT * len(stop_words)) / len(self.content_stems))
        if coverage < MIN_COVERAGE:
            return 0.0
        return coverage * min(1.0, (len(matched) + len(shared)) / CERTAIN_MATCHES)

    def spans(self, line: str) -> list[tuple[int, int]]:
        """Return the positions (start, end) of the query's content words in a line."""
        return [(start, end) for stem, start, end in stem_spans(line) if stem in self.content_stems]


def _is_meaningful(char: str) -> bool:
    """Return whether a character is a letter, a number, or a symbol such as an emoji."""
    category = unicodedata.category(char)
    return category[0] in "LN" or category == "So"
