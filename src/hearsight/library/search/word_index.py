"""Searches texts in memory by their words: transcripts, or what is read in pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hearsight.library.search.bm25 import Postings
from hearsight.library.search.edit_distance import edit_distance, words_near
from hearsight.library.search.phrase import Phrase
from hearsight.library.search.query_words import Query, WordMatch, stems


class WordIndex:
    """The texts of clips, one for each, "" for a clip without."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        self._stems = [stems(text) for text in texts]
        self._postings = Postings(self._stems)

    def match(self, query: Query, limit: int, mask: NDArray[np.bool_] | None = None) -> dict[int, WordMatch]:
        """Return the rows with the best BM25 scores for a query's words, in any order, and how they match.

        mask: of the rows that may be found; None for all.
        """
        scores = self._postings.bm25(query.search_stems)
        candidates = scores > 0 if mask is None else mask & (scores > 0)
        rows = highest(scores, candidates.nonzero()[0], limit)
        if not rows:
            return {}
        if query.numbers or query.sign_stems:  # the words of other spellings count together
            stems_by_row = {row: query.stems_of(self._texts[row]) for row in rows}
            return {row: query.match(own, float(scores[row])) for row, own in stems_by_row.items() if query.is_in(own)}
        has_enough_words = self._postings.count_matches(query.content_stems) >= query.min_content_words
        return {
            row: query.match(query.stems_of(self._texts[row]), float(scores[row]))
            if has_enough_words[row]
            else WordMatch(float(scores[row]))
            for row in rows
        }

    def strengths(self, query: Query) -> NDArray[np.float64]:
        """Return how certainly each text has a query's words, (n,)."""
        matches, strengths = self.match(query, len(self._texts)), np.zeros(len(self._texts))
        strengths[list(matches)] = [match.strength for match in matches.values()]
        return strengths

    def rows_with(self, phrases: Sequence[Phrase]) -> set[int]:
        """Return the rows whose texts contain any of the phrases."""
        return {
            row
            for phrase in phrases
            for row in {row for text in phrase.variants for row in self._postings.rows_with(stems(text)).tolist()}
            if phrase.is_one_stem or phrase.is_in(self._texts[row])
        }

    def has_word(self, word: str) -> bool:
        """Return whether any text contains a word, in any form."""
        return stems(word)[0] in self._postings.rows_by_stem

    def near_words(self, edits_of: Mapping[str, int]) -> dict[str, Counter[str]]:
        """Return the words of texts whose stems are like each of these; see `ClipIndex`."""
        return {stem: self._near_words(stem, edits) for stem, edits in edits_of.items()}

    def _near_words(self, stem: str, edits: int) -> Counter[str]:
        """Return the words of texts whose stems are near to one. One text tells how they are written."""
        rows = self._postings.rows_by_stem
        near = (other for other in rows if edit_distance(other, stem, edits) <= edits)
        return sum((words_near(other, 0, [self._texts[int(rows[other][0])]]) for other in near), Counter())


def highest(scores: NDArray[np.float32], rows: NDArray[np.int64], limit: int) -> list[int]:
    """Return the rows with the highest scores, in any order."""
    if len(rows) > limit:
        rows = rows[np.argpartition(-scores[rows], limit - 1)[:limit]]
    best: list[int] = rows.tolist()
    return best
