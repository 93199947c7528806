"""Scores become deviations above what neutral queries reach, and those become confidences."""

import numpy as np
import pytest

from hearsight.experts.calibration import LIKELY, STRONG, Null, Scale, bar, confidence, match_of


def test_a_scale_ignores_clips_that_lack_what_is_compared():
    scale = Scale.of(np.array([[1.0, np.nan, 3.0], [1.0, np.nan, 3.0]]))
    assert (scale.mean, scale.deviation) == (2, 1) and scale.is_informative
    np.testing.assert_array_equal(scale.apply(np.array([3.0, np.nan])), [1, np.nan])


@pytest.mark.parametrize("scores", [np.full((2, 3), np.nan), np.zeros((2, 3)), np.zeros((2, 0))], ids=str)
def test_scores_that_do_not_differ_say_nothing(scores):
    scale = Scale.of(scores)
    assert not scale.is_informative and (scale.apply(np.array([5.0])) == 0).all()


def test_the_typical_best_of_neutral_queries_is_the_middle():
    best = np.random.default_rng(0).normal(2, 0.5, 400)
    null = Null.of(best, clips=100)
    standard = null.apply(np.array([np.median(best), np.percentile(best, 84)]), 100)
    assert standard == pytest.approx([0, 1]) and confidence(float(standard[0])) == 0.5


@pytest.mark.parametrize("clips", [10, 1000, 100_000])
def test_confidence_means_the_same_however_many_clips_there_are(clips):
    random = np.random.default_rng(clips)
    best = np.array([random.standard_normal(clips).max() for _ in range(200)])
    null = Null.of(np.array([random.standard_normal(500).max() for _ in range(400)]), 500)
    above = np.mean(null.apply(best, clips) >= LIKELY)
    assert above < 0.2  # 0.106 for a perfect match of the theory


def test_a_null_of_equal_scores_is_no_reason_for_certainty():
    assert confidence(float(Null.of(np.ones(400), 1).apply(np.array(1.1), 1))) < 0.9


@pytest.mark.parametrize(
    ("standard", "match", "length"), [(-3, "weak", 0), (LIKELY - 0.01, "weak", 0), (LIKELY, "likely", 0)]
)
def test_bars_are_empty_below_a_likely_match(standard, match, length):
    assert (match_of(standard), bar(standard)) == (match, pytest.approx(length, abs=1e-9))


def test_a_strong_match_has_a_full_bar():
    assert (match_of(STRONG), bar(STRONG), bar(9)) == ("strong", 1, 1)
