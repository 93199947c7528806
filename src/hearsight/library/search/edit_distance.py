"""Compares words that may be mistyped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from hearsight.library.words.stems import bare_stem, language_of, stem
from hearsight.library.words.word_forms import cut


def words_near(near_to: str, edits: int, transcripts: Iterable[tuple[str, str]]) -> Counter[str]:
    """Return the words of transcripts whose stems differ from a stem by so many edits at most, with their numbers.

    transcripts: each with the language by which it is stemmed. Those in another language than the stem have no such
    word.
    """
    counts: Counter[str] = Counter()
    for text, language in transcripts:
        if language == language_of(near_to):
            words = [word.forms[0] for word in cut(text)]
            counts.update(word for word in words if stem_distance(stem(word, language), near_to, edits) <= edits)
    return counts


def near_stems(near_to: str, edits: int, stems: Iterable[str]) -> list[str]:
    """Return the stems, in the language of one, that differ from it by so many edits at most."""
    return [other for other in stems if stem_distance(other, near_to, edits) <= edits]


def stem_distance(a: str, b: str, limit: int) -> int:
    """Return the `edit_distance` of two stems; those of different languages differ."""
    if language_of(a) != language_of(b):
        return limit + 1
    return edit_distance(bare_stem(a), bare_stem(b), limit)


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
