"""Rankings and their ties."""

from dataclasses import replace

import numpy as np

from hearsight.research.evaluation.ranking import ALL, BACK
from tests.research.evaluation.rankings import ranking


def test_ties_are_broken_at_chance():
    original = ranking(clips=4, captions=1000)
    tied = replace(original, texts=np.full_like(original.texts, 3), ties=np.full_like(original.texts, 2))
    guessing = tied.at_chance(np.random.default_rng(0))
    assert np.bincount(guessing.texts, minlength=4)[0] == 0
    assert np.allclose(np.bincount(guessing.texts)[1:] / 4000, 1 / 3, atol=0.03)
    assert guessing.tied()[ALL] == 0
    assert BACK not in guessing.rows()


def test_without_ties_chance_changes_nothing():
    original = ranking()
    assert (original.at_chance(np.random.default_rng(0)).texts == original.texts).all()
