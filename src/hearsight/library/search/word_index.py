"""Searches texts in memory by their words: transcripts, or what is read in pictures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import reduce

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hearsight.library.search.bm25 import Postings
from hearsight.library.search.edit_distance import near_stems, words_near
from hearsight.library.search.phrase import Forms, Phrase
from hearsight.library.search.query_words import Query, WordMatch
from hearsight.library.words.indexed_words import alternatives, sound_mark, stems_of_rows, stems_of_word
from hearsight.library.words.stems import DEFAULT, HEARD, language_of


class WordIndex:
    """The texts of clips, one for each, "" for a clip without. stems: of each, as its index has them."""

    def __init__(self, texts: Sequence[str], stems: Sequence[tuple[str, ...]]) -> None:
        self._texts, self._stems = texts, stems
        self._postings = Postings([alternatives(words) for words in stems])
        self.languages = frozenset(language_of(words[0]) for words in stems if words)

    @property
    def describes_sounds(self) -> bool:
        """Whether any text describes a sound."""
        return any(sound_mark(language) in self._postings.rows_by_stem for language in self.languages)

    def match(self, query: Query, limit: int, mask: NDArray[np.bool_] | None = None) -> dict[int, WordMatch]:
        """Return the rows with the best BM25 scores for a query's words, in any order, and how they match.

        mask: of the rows that may be found; None for all.
        """
        scores = self._postings.bm25(query.search_stems(self.languages))
        candidates = scores > 0 if mask is None else mask & (scores > 0)
        rows = highest(scores, candidates.nonzero()[0], limit)
        if not rows:
            return {}
        own = [query.within(language) for language in self.languages]
        if any(words.numbers or words.others for words in own):  # the words of other spellings count together
            return {
                row: query.match(self._stems[row], float(scores[row])) for row in rows if query.is_in(self._stems[row])
            }
        counts = self._postings.count_matches(frozenset[str]().union(*(words.content_stems for words in own)))
        has_enough_words = counts >= min(words.min_content_words for words in own)
        return {
            row: query.match(self._stems[row], float(scores[row]))
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
            for row in {row for run in phrase.stems_of_runs(self.languages) for row in self._rows_of(run)}
            if phrase.is_one_stem or phrase.is_in(self._texts[row], self._language(row), self._stems[row])
        }

    def _rows_of(self, run: Sequence[Forms]) -> list[int]:
        """Return the rows that have one stem of each word."""
        empty = np.array([], np.int64)
        of_words = [
            reduce(np.union1d, (self._postings.rows_by_stem.get(stem, empty) for stem in forms)) for forms in run
        ]
        rows: list[int] = reduce(np.intersect1d, of_words, of_words[0]).tolist() if of_words else []
        return rows

    def _language(self, row: int) -> str:
        return language_of(self._stems[row][0]) if self._stems[row] else DEFAULT

    def has_word(self, word: str) -> bool:
        """Return whether any text contains a word, in any form, said or heard."""
        rows = self._postings.rows_by_stem
        return any(stem in rows or HEARD + stem in rows for stem in stems_of_word(word, self.languages))

    def near_words(self, edits_of: Mapping[str, int]) -> dict[str, Counter[str]]:
        """Return the words of texts that are like each of these; see `ClipIndex`."""
        return {word: self._near_words(word, edits) for word, edits in edits_of.items()}

    def _near_words(self, word: str, edits: int) -> Counter[str]:
        """Return the words of texts whose stems are near to that of one. One text tells how they are written."""
        rows, counts = self._postings.rows_by_stem, Counter[str]()
        for stem in stems_of_word(word, self.languages):
            for other in near_stems(stem, edits, rows):
                row = int(rows[other][0])
                counts += words_near(other, 0, [(self._texts[row], self._language(row))])
        return counts


def word_index(rows: pa.Table, column: str) -> WordIndex:
    """Return the index of the texts in a column of clips."""
    return WordIndex([text or "" for text in rows[column].to_pylist()], stems_of_rows(rows, column))


def highest(scores: NDArray[np.float32], rows: NDArray[np.int64], limit: int) -> list[int]:
    """Return the rows with the highest scores, in any order."""
    if len(rows) > limit:
        rows = rows[np.argpartition(-scores[rows], limit - 1)[:limit]]
    best: list[int] = rows.tolist()
    return best
