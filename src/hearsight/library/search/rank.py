"""Ranks clips by all experts, by the video model alone, or by the words that are said.

The mode "dense" ranks by the model, in two stages: it takes the clips whose pooled vectors are nearest to the query's,
and orders them by the model's exact similarity on their frame vectors; in a library with a sound expert, by both.
"speech" ranks by words: BM25 over the transcripts. "hybrid" ranks by the ensemble of experts (experts/ensemble.py), in
deviations above the typical best of a neutral query.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hearsight.library.results import Mode
from hearsight.library.search.clip_vectors import Candidates


def rank(candidates: Candidates, mode: Mode) -> tuple[list[int], NDArray[Any]]:
    """Return the rows of the candidates, best first, and the score of each row.

    Rows of equal scores are in order of their ids. Mode "speech" leaves out clips without any of the words.
    """
    id_ranks = np.empty(len(candidates.ids), np.int64)  # the position of each id in their alphabetical order
    id_ranks[sorted(range(len(id_ranks)), key=candidates.ids.__getitem__)] = np.arange(len(id_ranks))
    if mode == "speech":
        by_words = _order(id_ranks, candidates.bm25)
        return by_words[candidates.bm25[by_words] > 0].tolist(), candidates.bm25
    model_alone = mode == "dense" and not candidates.sound_starts
    scores = candidates.similarity if model_alone else candidates.standard
    return _order(id_ranks, scores).tolist(), scores


def _order(id_ranks: NDArray[np.int64], scores: NDArray[Any]) -> NDArray[np.int64]:
    """Return rows, the highest scores first. Ties are broken by ids."""
    order: NDArray[np.int64] = np.lexsort((id_ranks, -scores))
    return order
