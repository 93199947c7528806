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
from hearsight.library.search.number_words import Number, number_runs, spellings
from hearsight.library.search.sign_words import PERCENT, say_signs
from hearsight.library.search.sign_words import WORDS as SIGN_WORDS
from hearsight.library.tables.schema import TOKENIZER
from hearsight.util.lazy_lancedb import lancedb

# A transcript with a smaller share of the query's content words is about something else.
MIN_COVERAGE = 0.5
# A match is certain if the transcript and the query share this number of words and runs of words.
CERTAIN_MATCHES = 3
LONG_RUN = 3  # words; runs have two or three
STOP_WORD_WEIGHT = 1 / 4  # relative to a content word
MAX_CONTENT_WORDS = 64
PER_CENT = "cent"  # the word of "per cent" that is rare enough to be looked for
NUMBER_JOINTS = ("a", "and", "point", "oh", "o")  # words of spelled numbers that would match anything

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

# The same of queries for what is written ("a sign that says ..."), in addition to those.
WRITING_WORDS = """
sign slide screen title caption subtitle poster banner label headline plate plaque notice board blackboard whiteboard
billboard sticker cover card text word writing written inscription lettering letter read reads reading
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
def folded_words(text: str) -> tuple[str, ...]:
    """Return the words of a text without upper case and accents, one for each of its stems."""
    return tuple(token.text for token in lancedb.tokenize(text, stem=False, **TOKENIZER))


@lru_cache(maxsize=1 << 12)
def content_words(text: str) -> tuple[str, ...]:
    """Return the words of a text that carry its meaning, as they are written."""
    both = zip(words(text), stems(text), strict=True)
    return tuple(word for word, stem in both if stem not in _stem_set(STOP_WORDS))


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
def _sign_stems() -> frozenset[str]:
    return frozenset(stems(" ".join(SIGN_WORDS)))


@cache
def _stem_set(word_list: str) -> frozenset[str]:
    return frozenset(stems(word_list))


class WordMatch(NamedTuple):
    """A transcript's scores for the words of a query.

    strength: see `Query.strength`. complete: whether it has all content words of the query.
    """

    bm25: float = 0.0
    strength: float = 0.0
    complete: bool = False


def valid_text(text: str) -> str:
    """Return a text without lone surrogates and null characters."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")


@dataclass(frozen=True)
class Query:
    """A text to search for, with its words.

    framing: words that are not looked for, unless there are no others. Raises HearsightError if the text is empty or
    has no word. It must be a `valid_text`.
    """

    text: str
    framing: str = FRAMING_WORDS

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise HearsightError("the query is empty; say what to look for, as in: a dog runs on a beach")
        if not any(map(is_meaningful, self.text)):
            raise HearsightError(
                f"the query {self.text.strip()[:40]!r} has no word in it; say what to look for, as in: a dog runs on "
                "a beach"
            )

    @cached_property
    def spoken(self) -> str:
        """Return the text with words in place of its signs."""
        return say_signs(self.text)

    @cached_property
    def stems(self) -> tuple[str, ...]:
        """Return the stems of the query's words, in order."""
        return stems(self.spoken)

    @cached_property
    def sign_stems(self) -> frozenset[str]:
        """Return the stems of the content words that a transcript may write as a sign."""
        return self.content_stems & _sign_stems()

    @cached_property
    def _has_signs(self) -> bool:
        return not _sign_stems().isdisjoint(self.stems)

    def stems_of(self, text: str) -> tuple[str, ...]:
        """Return the stems of a transcript to compare with the query, with words for signs if the query has any."""
        return stems(say_signs(text) if self._has_signs else text)

    @cached_property
    def content_stems(self) -> frozenset[str]:
        """Return the stems of the words that carry the meaning; all stems if the query has only stop words."""
        distinct = list(dict.fromkeys(self.stems))
        meaningful = [word for word in distinct if word not in _stem_set(STOP_WORDS)]
        subject = [word for word in meaningful if word not in _stem_set(self.framing)]
        return frozenset((subject or meaningful or distinct)[:MAX_CONTENT_WORDS])

    @cached_property
    def full_text(self) -> str:
        """Return the content words as they were typed, each once: the query for the full-text index, which stems them.

        A stem must not be stemmed again: "agree" becomes "agre", which would become "agr".
        """
        typed = dict(zip(self.stems, words(self.spoken), strict=True))
        content = [word for stem, word in typed.items() if stem in self.content_stems]
        return " ".join(dict.fromkeys([*content, *self._spelled_words]))

    @cached_property
    def search_stems(self) -> frozenset[str]:
        """Return the stems of `full_text`: of the content words, and of other spellings of the numbers."""
        return self.content_stems.union(stems(" ".join(self._spelled_words)))

    @cached_property
    def _spelled_words(self) -> list[str]:
        runs = (run for run in number_runs(folded_words(self.spoken)) if run.number in self.numbers)
        spelled = chain.from_iterable(chain.from_iterable(map(spellings, runs)))
        others = [PER_CENT] if PERCENT in self.content_stems else []
        return [word for word in dict.fromkeys([*spelled, *others]) if word not in NUMBER_JOINTS]

    @cached_property
    def numbers(self) -> dict[Number, tuple[str, ...]]:
        """Return the stems of each number that carries meaning, as the query spells it."""
        runs = number_runs(folded_words(self.spoken))
        spelled = {run.number: self.stems[run.start : run.end] for run in runs}
        return {number: run for number, run in spelled.items() if not self.content_stems.isdisjoint(run)}

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

        transcript: its stems (`stems_of`); numbers may be spelled otherwise than in the query. The strength is the
        share of the content words that the transcript contains, times the evidence: three words, or fewer in the same
        runs as in the query, are certain; one word is a third of that. Stop words only count in a run of three ("can
        do for"), as a quarter of a word. With less than half of the content words, so counted, the strength is 0.
        """
        transcript = self.with_own_numbers(transcript)
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

    def match(self, transcript: tuple[str, ...], bm25: float) -> WordMatch:
        """Return how a transcript, as stems, matches the query's words."""
        own = self.with_own_numbers(transcript)
        complete = bool(self.content_stems) and self.content_stems.issubset(own)
        return WordMatch(bm25, self.strength(transcript), complete)

    def with_own_numbers(self, transcript: tuple[str, ...]) -> tuple[str, ...]:
        """Return the stems of a transcript, with the numbers of the query spelled as in the query."""
        if not self.numbers:
            return transcript
        stems, position = list[str](), 0
        for run in number_runs(transcript):
            if run.number in self.numbers:
                stems += [*transcript[position : run.start], *self.numbers[run.number]]
                position = run.end
        return (*stems, *transcript[position:])

    def is_in(self, transcript: tuple[str, ...]) -> bool:
        """Return whether a transcript, as stems, has a content word; a part of a spelled number is none."""
        return not self.content_stems.isdisjoint(self.with_own_numbers(transcript))

    def content_stems_in(self, text: str) -> frozenset[str]:
        """Return the stems of the content words that a text contains."""
        return self.content_stems.intersection(self.with_own_numbers(self.stems_of(text)))

    def spans(self, line: str) -> list[tuple[int, int]]:
        """Return the positions (start, end) of the query's content words and numbers in a line."""
        tokens = stem_spans(line)
        spans = [(start, end) for stem, start, end in tokens if stem in self.content_stems]
        for run in number_runs([stem for stem, _, _ in tokens]) if self.numbers else ():
            if run.number in self.numbers:
                start, end = tokens[run.start][1], tokens[run.end - 1][2]
                spans = [span for span in spans if not (start <= span[0] and span[1] <= end)] + [(start, end)]
        return sorted(spans)


def is_meaningful(char: str) -> bool:
    """Return whether a character is a letter, a number, or a symbol such as an emoji."""
    category = unicodedata.category(char)
    return category[0] in "LN" or category == "So"
