"""Scores transcripts in memory by BM25.

Source: Robertson and Zaragoza, The Probabilistic Relevance Framework: BM25 and Beyond, 2009. The constants are those of
Lucene and LanceDB, so that scores equal those of the full-text index on disk.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

K1, B = 1.2, 0.75


class Postings:
    """An index from each stem to the transcripts that contain it.

    transcripts: the stems of each transcript, in order. rows_by_stem: the transcripts that contain each stem.
    """

    def __init__(self, transcripts: Sequence[Sequence[str]]) -> None:
        self._count = len(transcripts)
        self._documents = sum(map(bool, transcripts))  # clips without speech do not count as documents
        rows: dict[str, list[int]] = {}
        counts: dict[str, list[int]] = {}
        for row, stems in enumerate(transcripts):
            for stem, count in Counter(stems).items():
                rows.setdefault(stem, []).append(row)
                counts.setdefault(stem, []).append(count)
        lengths = np.array([len(stems) for stems in transcripts], np.float32)
        saturation = K1 * (1 - B + B * lengths * self._documents / max(float(lengths.sum()), 1.0))
        self.rows_by_stem = {stem: np.array(numbers, np.int64) for stem, numbers in rows.items()}
        self._weights = {
            stem: self._weight(np.array(numbers, np.float32), saturation[self.rows_by_stem[stem]])
            for stem, numbers in counts.items()
        }

    def _weight(self, counts: NDArray[np.float32], saturation: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what one stem adds to the score of each transcript that contains it.

        counts: how often each of these transcripts contains the stem. saturation: K1, adjusted to their lengths.
        """
        rarity = np.log1p((self._documents - len(counts) + 0.5) / (len(counts) + 0.5))
        weight: NDArray[np.float32] = (rarity * counts * (K1 + 1) / (counts + saturation)).astype(np.float32)
        return weight

    def bm25(self, stems: Iterable[str]) -> NDArray[np.float32]:
        """Return the score of every transcript, which is 0 if it contains none of the stems."""
        scores = np.zeros(self._count, np.float32)
        for stem in sorted(stems):  # adding in another order would change the last digits
            if stem in self.rows_by_stem:
                scores[self.rows_by_stem[stem]] += self._weights[stem]
        return scores

    def rows_with(self, stems: Iterable[str]) -> NDArray[np.int64]:
        """Return the transcripts that contain all of the stems, at least one, in order."""
        empty = np.array([], np.int64)
        rows: NDArray[np.int64] = reduce(np.intersect1d, (self.rows_by_stem.get(stem, empty) for stem in set(stems)))
        return rows

    def count_matches(self, stems: Iterable[str]) -> NDArray[np.int64]:
        """Return how many of the stems each transcript contains."""
        counts = np.zeros(self._count, np.int64)
        for stem in stems:
            if stem in self.rows_by_stem:
                counts[self.rows_by_stem[stem]] += 1
        return counts
