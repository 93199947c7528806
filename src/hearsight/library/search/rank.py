"""Ranks clips by meaning, by the words that are said, or by both.

The mode "dense" ranks by meaning, in two stages: it takes the clips whose pooled vectors are nearest to the query's,
and orders them by the model's exact similarity on their frame vectors. "speech" ranks by words: BM25 over the
transcripts. "hybrid" adds the reciprocal ranks of both (Cormack et al., SIGIR 2009; k = 60).

Plain reciprocal rank fusion lets any transcript that shares a word with a query overtake the clip that shows it: being
first by words is worth as much as being first by sight. So a transcript only counts if it has at least half of the
query's content words, and its share is weighted by how certainly it says what the query says (`Query.strength`): a line
quoted from memory counts fully and comes first, one word in common counts a third and helps a clip that already looks
right.

How often the right clip comes first, in 400 Soundstage scenes with a fifth of the spoken words misheard, and with a
simulated model that puts the right clips three deviations above the others, except for quotations, where it is blind:

                                     sight   sound   sight and sound   quotation
    the model alone                   0.85    1.00              0.63        0.01
    plain fusion                      0.63    0.94              0.32        0.06
    half of the words, unweighted     0.79    0.94              0.63        0.36
    half of the words, weighted       0.84    1.00              0.63        0.64

Queries that reword what is said share too few words to gain: the speech branch has to find those.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hearsight.library.results import Mode
from hearsight.library.search.clip_vectors import Candidates

K = 60
FIRST_BY_BOTH = 2 / (K + 1)  # the score of a clip that is first by meaning and, with certainty, by words


def rank(candidates: Candidates, mode: Mode) -> tuple[list[int], NDArray[Any]]:
    """Return the rows of the candidates, best first, and the score of each row.

    Rows of equal scores are in order of their ids. Mode "speech" leaves out clips without any of the words.
    """
    id_ranks = np.empty(len(candidates.ids), np.int64)  # the position of each id in their alphabetical order
    id_ranks[sorted(range(len(id_ranks)), key=candidates.ids.__getitem__)] = np.arange(len(id_ranks))
    by_meaning = _order(id_ranks, candidates.similarity)
    if mode == "dense":
        return by_meaning.tolist(), candidates.similarity
    if mode == "speech":
        by_words = _order(id_ranks, candidates.bm25)
        return by_words[candidates.bm25[by_words] > 0].tolist(), candidates.bm25
    scores = np.zeros(len(id_ranks))
    scores[by_meaning] = 1 / (K + np.arange(1, len(id_ranks) + 1))
    by_strength = _order(id_ranks, candidates.strength, candidates.bm25)
    scores[by_strength] += candidates.strength[by_strength] / (K + np.arange(1, len(id_ranks) + 1))
    scores *= 100 / FIRST_BY_BOTH
    return _order(id_ranks, scores).tolist(), scores


def _order(id_ranks: NDArray[np.int64], *scores: NDArray[Any]) -> NDArray[np.int64]:
    """Return rows, the highest scores first. Ties of the first scores are broken by the next ones, then by ids."""
    order: NDArray[np.int64] = np.lexsort((id_ranks, *(-score for score in reversed(scores))))
    return order
