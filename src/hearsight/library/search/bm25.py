"""BM25 over transcripts in memory: which of them have a word, and how much that says.

Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009; with the constants of Lucene and
LanceDB, so that scores are those of the index on disk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

K1, B = 1.2, 0.75


class Postings:
    """The transcripts that have each word. transcripts: the stems of each."""

    def __init__(self, transcripts: Sequence[Sequence[str]]) -> None:
        self._count = len(transcripts)
        self._spoken = sum(map(bool, transcripts))  # clips without speech do not count as documents
        rows: dict[str, list[int]] = {}
        times: dict[str, list[int]] = {}
        for row, stems in enumerate(transcripts):
            for stem, number in Counter(stems).items():
                rows.setdefault(stem, []).append(row)
                times.setdefault(stem, []).append(number)
        lengths = np.array([len(stems) for stems in transcripts], np.float32)
        length = K1 * (1 - B + B * lengths * self._spoken / max(float(lengths.sum()), 1.0))
        self._rows = {stem: np.array(numbers, np.int64) for stem, numbers in rows.items()}
        self._weights = {
            stem: self._weight(np.array(number, np.float32), length[self._rows[stem]]) for stem, number in times.items()
        }

    def _weight(self, times: NDArray[np.float32], length: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return one word's part of the score of each transcript that has it."""
        rarity = np.log1p((self._spoken - len(times) + 0.5) / (len(times) + 0.5))
        weight: NDArray[np.float32] = (rarity * times * (K1 + 1) / (times + length)).astype(np.float32)
        return weight

    def bm25(self, stems: Iterable[str]) -> NDArray[np.float32]:
        """Return the score of every transcript; 0 for one without any of the words."""
        scores = np.zeros(self._count, np.float32)
        for stem in sorted(stems):  # sums of another order would differ in their last digits
            if stem in self._rows:
                scores[self._rows[stem]] += self._weights[stem]
        return scores

    def count_matches(self, stems: Iterable[str]) -> NDArray[np.int64]:
        """Return how many of these words each transcript has."""
        numbers = np.zeros(self._count, np.int64)
        for stem in stems:
            if stem in self._rows:
                numbers[self._rows[stem]] += 1
        return numbers
