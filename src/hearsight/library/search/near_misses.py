"""Corrects words of a query that are said in no transcript: "birhday" where people say "birthday".

The words come from the library itself, so names that are said in it are known. No list of them is made, which would
take long for a million clips: in memory, the stems of the postings are compared, and on disk the full-text index finds
the few transcripts that have a similar stem. Clips that are not in that index yet (a tenth at most) add no words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from hearsight.library.results import Hit
from hearsight.library.search.query_words import folded_words, stems, words
from hearsight.library.search.question import Question

if TYPE_CHECKING:
    from hearsight.library.search.view import View

MIN_LETTERS, MIN_LETTERS_FOR_TWO_EDITS = 4, 8
MOST_WORDS = 4  # of a query that are looked up
MOST_SUGGESTIONS = 3
SAID = 0.5  # a transcript with this strength says what the query says


def suggest_corrections(views: Sequence[View], question: Question, hits: Sequence[Hit]) -> list[str]:
    """Return at most three spellings of a query, best first, if a word of it is said nowhere but a similar one is."""
    if question.words is None or any(hit.words >= SAID for hit in hits):
        return []
    corrections = {}
    for word, stem in islice(_correctable(question), MOST_WORDS):
        if not any(view.index.has_word(word) for view in views):
            nearest = [near for near in _nearest(views, stem) if stems(near)[0] not in question.words.distinct_stems]
            if nearest:
                corrections[word] = nearest
    if not corrections:
        return []
    first, *others = corrections
    text = question.text
    for word in others:
        text = _replace(text, word, corrections[word][0])
    return [_replace(text, first, nearest) for nearest in corrections[first][:MOST_SUGGESTIONS]]


def _correctable(question: Question) -> Iterator[tuple[str, str]]:
    """Yield the content words that are long enough to be corrected, as they are typed, and their stems."""
    query = question.words
    assert query is not None, "the caller has checked"
    for word, stem in dict(zip(words(query.text), query.stems, strict=True)).items():
        if stem in query.content_stems and len(word) >= MIN_LETTERS and word.isalpha():
            yield word, stem


def _nearest(views: Sequence[View], stem: str) -> list[str]:
    """Return the words of transcripts whose stems are most like a stem, the nearest and most frequent first."""
    edits = 1 if len(stem) < MIN_LETTERS_FOR_TWO_EDITS else 2
    counts: Counter[str] = Counter()
    for view in views:
        counts.update(view.index.near_words(stem, edits))
    return sorted(counts, key=lambda word: (edit_distance(stems(word)[0], stem, edits), -counts[word], word))


def words_near(stem: str, edits: int, transcripts: Iterable[str]) -> Counter[str]:
    """Return the words of transcripts whose stems differ from a stem by so many edits at most, with their numbers."""
    counts: Counter[str] = Counter()
    for text in transcripts:
        for word, other in zip(folded_words(text), stems(text), strict=True):
            if edit_distance(other, stem, edits) <= edits:
                counts[word] += 1
    return counts


def edit_distance(a: str, b: str, limit: int) -> int:
    """Return how many letters to insert, delete, replace or swap with the next one; more than `limit` is limit + 1.

    Words that begin with different letters are taken to differ: people seldom mistype the first one.
    """
    if a == b:
        return 0
    if abs(len(a) - len(b)) > limit or a[:1] != b[:1]:
        return limit + 1
    before, row = list[int](), list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        before_that, before, row = before, row, [i]
        for j, other in enumerate(b, 1):
            distance = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                distance = min(distance, before_that[j - 2] + 1)
            row.append(distance)
        if min(row) > limit:
            return limit + 1
    return min(row[-1], limit + 1)


def _replace(text: str, word: str, other: str) -> str:
    return re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", lambda match: other, text)
