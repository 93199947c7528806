"""Candidates are ordered by the score of the mode."""

from itertools import pairwise

import numpy as np
import pytest

from hearsight.library.search.clip_vectors import Candidates
from hearsight.library.search.rank import rank


def candidates(**scores) -> Candidates:
    """Return three clips; scores that are not given are 0."""
    ids, zeros = ["b", "a", "c"], np.zeros(3)
    names = ("similarity", "bm25", "strength", "standard", "model", "meaning", "spoken", "sound")
    names += ("text_strength", "text", "written", "sound_strength", "described")
    arrays = {name: np.array(scores.get(name, zeros), float) for name in names}
    videos = [(0, id) for id in ids]
    return Candidates(ids, videos, [0, 1, 2], per_frame=np.zeros((3, 1), np.float32), **arrays)


@pytest.mark.parametrize(
    ("mode", "order"), [("hybrid", [2, 1, 0]), ("dense", [0, 1, 2]), ("speech", [1, 2])], ids=["all", "model", "words"]
)
def test_each_mode_has_its_score(mode, order):
    rows, scores = rank(candidates(standard=[1, 2, 3], similarity=[3, 2, 1], bm25=[0, 2, 1]), mode)
    assert rows == order and all(scores[a] >= scores[b] for a, b in pairwise(rows))


def test_ties_are_in_order_of_ids():
    assert rank(candidates(), "hybrid")[0] == [1, 0, 2]


def test_the_model_alone_does_not_order_clips_that_a_sound_expert_has_heard():
    each = candidates(standard=[1, 2, 3], similarity=[3, 2, 1])
    each.sound_starts["clap"] = np.zeros(3)
    assert rank(each, "dense")[0] == rank(each, "hybrid")[0] == [2, 1, 0]
