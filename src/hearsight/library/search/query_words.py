"""Compares the words of queries and transcripts: which match, how strongly, and at which characters.

Words are cut alike everywhere (word_forms.py) and stemmed by the language of the transcript (stems.py): so a query is
compared with each transcript in its language, which the stems tell. The index contains stop words, so that "to be or
not to be" can be found; they are weighted here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from itertools import chain, pairwise
from math import ceil
from typing import NamedTuple

from hearsight.errors import HearsightError
from hearsight.library.words.indexed_words import ALTERNATIVE, stems
from hearsight.library.words.number_words import Number, number_runs, spellings
from hearsight.library.words.sign_words import say_signs
from hearsight.library.words.sound_descriptions import say_music
from hearsight.library.words.stems import DEFAULT, HEARD, language_of, stem
from hearsight.library.words.word_forms import Word, cut

# A transcript with a smaller share of the query's content words is about something else.
MIN_COVERAGE = 0.5
# A match is certain if the transcript and the query share this number of words and runs of words.
CERTAIN_MATCHES = 3
LONG_RUN = 3  # words; runs have two or three
STOP_WORD_WEIGHT = 1 / 4  # relative to a content word
MAX_CONTENT_WORDS = 64
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


@lru_cache(maxsize=1 << 12)
def content_words(text: str) -> tuple[str, ...]:
    """Return the words of a text that carry its meaning, as they are written."""
    stop_words = _stem_set(STOP_WORDS, DEFAULT)
    return tuple(text[word.start : word.end] for word in cut(text) if stem(word.forms[0], DEFAULT) not in stop_words)


@cache
def _stem_set(word_list: str, language: str) -> frozenset[str]:
    return frozenset(stem(word.forms[0], language) for word in cut(word_list))


class WordMatch(NamedTuple):
    """A transcript's scores for the words of a query.

    strength: see `QueryWords.strength`. complete: whether it has all content words of the query.
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

    framing: words that are not looked for, unless there are no others. describes_sound: whether the words are looked
    for in the sounds that transcripts describe, and not in what is said. Raises HearsightError if the text is empty or
    has no word. It must be a `valid_text`.
    """

    text: str
    framing: str = FRAMING_WORDS
    describes_sound: bool = False
    _within: dict[str, QueryWords] = field(default_factory=dict, compare=False, repr=False)

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
        return say_signs(say_music(self.text) if self.describes_sound else self.text)

    @property
    def has_words(self) -> bool:
        """Return whether the text has a word; a transcript never has an emoji."""
        return bool(cut(self.spoken))

    def within(self, language: str) -> QueryWords:
        """Return the words to compare with transcripts in a language, "" for those that are not stemmed."""
        if language not in self._within:
            marked = HEARD + language if self.describes_sound else language
            self._within[language] = QueryWords(self.spoken, self.framing, marked)
        return self._within[language]

    def search_stems(self, languages: Iterable[str]) -> frozenset[str]:
        """Return the stems to look for in an index of transcripts in these languages."""
        return frozenset[str]().union(*(self.within(language).search_stems for language in languages))

    def match(self, transcript: tuple[str, ...], bm25: float) -> WordMatch:
        """Return how a transcript, as stems, matches the query's words."""
        return self._of(transcript).match(transcript, bm25)

    def strength(self, transcript: tuple[str, ...]) -> float:
        """Return how certainly a transcript, as stems, says what the query says, from 0 to 1."""
        return self._of(transcript).strength(transcript)

    def is_in(self, transcript: tuple[str, ...]) -> bool:
        """Return whether a transcript, as stems, has a content word; a part of a spelled number is none."""
        return self._of(transcript).is_in(transcript)

    def spans(self, line: str, language: str) -> list[tuple[int, int]]:
        """Return the positions (start, end) of the query's content words and numbers in a line."""
        return self.within(language).spans(line)

    def _of(self, transcript: Sequence[str]) -> QueryWords:
        return self.within(language_of(transcript[0]) if transcript else DEFAULT)


class QueryWords:
    """The words of a query, stemmed by a language. text: without signs. framing: see `Query`."""

    def __init__(self, text: str, framing: str, language: str) -> None:
        self.language, self._framing, self._words = language, framing, cut(text)
        self.stems = tuple(stem(word.forms[0], language) for word in self._words)

    @cached_property
    def content_stems(self) -> frozenset[str]:
        """Return the stems of the words that carry the meaning; all stems if the query has only stop words."""
        distinct = list(dict.fromkeys(self.stems))
        meaningful = [word for word in distinct if word not in _stem_set(STOP_WORDS, self.language)]
        subject = [word for word in meaningful if word not in _stem_set(self._framing, self.language)]
        return frozenset((subject or meaningful or distinct)[:MAX_CONTENT_WORDS])

    @cached_property
    def others(self) -> dict[str, tuple[str, ...]]:
        """Return other stems by which a transcript may have words of the query, and the stems that these have here."""
        others = dict[str, tuple[str, ...]]()
        for i, word in enumerate(self._words):
            for form in word.forms[1:]:
                others.setdefault(stem(form, self.language), (self.stems[i],))
            if word.compound:
                others.setdefault(stem(word.compound, self.language), self.stems[i : i + word.length])
        return {other: own for other, own in others.items() if other not in self.distinct_stems}

    @cached_property
    def search_stems(self) -> frozenset[str]:
        """Return the stems to look for: of the content words, their other forms, and other spellings of numbers."""
        others = (other for other, own in self.others.items() if not self.content_stems.isdisjoint(own))
        return self.content_stems.union(others, (stem(word, self.language) for word in self.spelled_words))

    @cached_property
    def spelled_words(self) -> list[str]:
        """Return the words of other spellings of the numbers, in normal form."""
        runs = (run for run in number_runs(self._plain_words) if run.number in self.numbers)
        spelled = chain.from_iterable(chain.from_iterable(map(spellings, runs)))
        return [word for word in dict.fromkeys(spelled) if word not in NUMBER_JOINTS]

    @property
    def plain_content_words(self) -> list[str]:
        """Return the content words without a stem, each once."""
        pairs = zip(self._plain_words, self.stems, strict=True)
        return list(dict.fromkeys(word for word, stem in pairs if stem in self.content_stems))

    @property
    def _plain_words(self) -> list[str]:
        return [word.forms[0] for word in self._words]

    @cached_property
    def numbers(self) -> dict[Number, tuple[str, ...]]:
        """Return the stems of each number that carries meaning, as the query spells it."""
        spelled = {run.number: self.stems[run.start : run.end] for run in number_runs(self._plain_words)}
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

        transcript: its stems in the language; numbers may be spelled otherwise than in the query. The strength is the
        share of the content words that the transcript contains, times the evidence: three words, or fewer in the same
        runs as in the query, are certain; one word is a third of that. Stop words only count in a run of three ("can
        do for"), as a quarter of a word. With less than half of the content words, so counted, the strength is 0.
        """
        return self._strength(self.own_stems(transcript))

    def _strength(self, transcript: tuple[str, ...]) -> float:
        """Return the `strength` of a transcript with its `own_stems`."""
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
        own = self.own_stems(transcript)
        complete = bool(self.content_stems) and self.content_stems.issubset(own)
        return WordMatch(bm25, self._strength(own), complete)

    def own_stems(self, transcript: Sequence[str]) -> tuple[str, ...]:
        """Return the stems of a transcript, with the query's words and numbers as the query has them."""
        if self.others or ALTERNATIVE in "".join(transcript):
            transcript = tuple(chain.from_iterable(map(self._own, transcript)))
        if not self.numbers:
            return tuple(transcript)
        stems, position = list[str](), 0
        for run in number_runs(self._without_tags(transcript)):
            if run.number in self.numbers:
                stems += [*transcript[position : run.start], *self.numbers[run.number]]
                position = run.end
        return (*stems, *transcript[position:])

    def _own(self, word: str) -> tuple[str, ...]:
        """Return the stems that a word of a transcript has in the query. word: with its alternatives."""
        if word in self.distinct_stems:
            return (word,)
        for each in word.split(ALTERNATIVE):
            if each in self.distinct_stems or each in self.others:
                return self.others.get(each, (each,))
        return (word.partition(ALTERNATIVE)[0],)

    def _without_tags(self, stems: Iterable[str]) -> list[str]:
        return [each.removeprefix(self.language.upper()) for each in stems]

    def is_in(self, transcript: Sequence[str]) -> bool:
        """Return whether a transcript, as stems, has a content word; a part of a spelled number is none."""
        return not self.content_stems.isdisjoint(self.own_stems(transcript))

    def content_stems_in(self, text: str) -> frozenset[str]:
        """Return the stems of the content words that a text contains."""
        return self.content_stems.intersection(self.own_stems(stems(say_signs(text), self.language)))

    def spans(self, line: str) -> list[tuple[int, int]]:
        """Return the positions (start, end) of the query's content words and numbers in a line."""
        words = cut(line)
        spans = list(self._spans_of_words(words))
        plain = self._without_tags(stem(word.forms[0], self.language) for word in words)
        for run in number_runs(plain) if self.numbers else ():
            if run.number in self.numbers:
                start, end = words[run.start].start, words[run.end - 1].end
                spans = [span for span in spans if not (start <= span[0] and span[1] <= end)] + [(start, end)]
        return sorted(spans)

    def _spans_of_words(self, words: Sequence[Word]) -> Iterator[tuple[int, int]]:
        marked = 0
        for i, word in enumerate(words):
            if word.start < marked:  # within a compound
                continue
            if word.compound and self._is_content(word.compound):
                marked = words[i + word.length - 1].end
                yield word.start, marked
            elif any(map(self._is_content, word.forms)):
                yield word.start, word.end

    def _is_content(self, form: str) -> bool:
        return not self.content_stems.isdisjoint(self._own(stem(form, self.language)))


def is_meaningful(char: str) -> bool:
    """Return whether a character is a letter, a number, or a symbol such as an emoji."""
    category = unicodedata.category(char)
    return category[0] in "LN" or category == "So"
