"""Compares words that may be mistyped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from hearsight.library.search.query_words import folded_words, stems


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
    if len(set(a) ^ set(b)) > 2 * limit:  # an edit changes two letters at most
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
