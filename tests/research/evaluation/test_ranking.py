"""Rankings, and what becomes of ties."""

from dataclasses import replace

import numpy as np

from hearsight.research.evaluation.ranking import ALL, BACK
from tests.research.evaluation.rankings import ranking


def test_ties_are_broken_at_chance():
    found = ranking(clips=4, captions=1000)
    tied = replace(found, texts=np.full_like(found.texts, 3), ties=np.full_like(found.texts, 2))  # one is before it
    guessing = tied.at_chance(np.random.default_rng(0))
    assert np.bincount(guessing.texts, minlength=4)[0] == 0
    assert np.allclose(np.bincount(guessing.texts)[1:] / 4000, 1 / 3, atol=0.03)
    assert guessing.tied()[ALL] == 0
    assert BACK not in guessing.rows()


def test_without_ties_chance_changes_nothing():
    found = ranking()
    assert (found.at_chance(np.random.default_rng(0)).texts == found.texts).all()
