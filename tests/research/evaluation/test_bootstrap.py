"""Bootstrap intervals: their width, clusters of queries, seeds, and paired differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearsight.research.evaluation.bootstrap import differences, intervals, over_seeds, resample
from hearsight.research.evaluation.metrics import NAMES

RANKS = st.lists(st.integers(0, 30), min_size=1, max_size=40).map(lambda ranks: np.array([ranks]))


@settings(max_examples=25)
@given(RANKS)
def test_an_interval_lies_within_the_possible_range(ranks):
    estimates = intervals(ranks, np.arange(ranks.shape[1]), resamples=50)
    assert list(estimates) == list(NAMES)
    for estimate in estimates.values():
        assert estimate.low <= estimate.high
    for metric in ("r1", "r5", "r10"):
        assert 0 <= estimates[metric].low <= estimates[metric].high <= 100
    assert ranks.min() + 1 <= estimates["mean_rank"].low <= estimates["mean_rank"].high <= ranks.max() + 1


@settings(max_examples=25)
@given(RANKS)
def test_a_method_is_not_better_than_itself(ranks):
    for estimate in differences(ranks, ranks, np.arange(ranks.shape[1]), resamples=50).values():
        assert (estimate.value, estimate.low, estimate.high) == (0, 0, 0)


def test_the_width_is_that_of_a_binomial():
    ranks = np.repeat([[0, 50]], 500, axis=1).reshape(1, -1)  # R@1 is 50 % of 1,000 queries
    estimates = intervals(ranks, np.arange(1000))["r1"]
    expected = 1.96 * 100 * np.sqrt(0.25 / 1000)
    assert estimates.value - estimates.low == pytest.approx(expected, rel=0.15)
    assert estimates.high - estimates.value == pytest.approx(expected, rel=0.15)


def test_captions_of_one_video_are_not_independent():
    ranks = np.repeat(np.random.default_rng(0).integers(0, 2, 100) * 50, 20)[None]  # 20 alike of each of 100 videos
    together = intervals(ranks, np.repeat(np.arange(100), 20))["r1"]
    single = intervals(ranks, np.arange(2000))["r1"]
    assert (together.high - together.low) / (single.high - single.low) == pytest.approx(np.sqrt(20), rel=0.15)


def test_difficulty_that_both_share_cancels_in_a_paired_difference():
    hard = np.random.default_rng(0).integers(0, 60, 300)
    baseline, better = hard[None] + 1, np.maximum(hard, 1)[None] - 1
    difference = differences(better, baseline, np.arange(300))["mean_rank"]
    alone = intervals(better, np.arange(300))["mean_rank"]
    assert difference.high < -1
    assert difference.high - difference.low < 0.1 * (alone.high - alone.low)


def test_the_variance_between_few_seeds_is_not_underestimated():
    samples = np.broadcast_to(np.array([0.0, 1.0, 5.0])[:, None], (20_000, 3, 1))
    variance = np.var([0.0, 1.0, 5.0], ddof=1) / 3
    assert over_seeds(samples).var() == pytest.approx(variance, rel=0.05)


def test_seeds_widen_an_interval_and_one_seed_does_not():
    easy, hard = np.zeros(200, int), np.full(200, 20)
    equal = intervals(np.stack([easy, easy]), np.arange(200))["sumr"]
    apart = intervals(np.stack([easy, hard]), np.arange(200))["sumr"]
    assert (equal.low, equal.high) == (300, 300)
    assert (apart.value, apart.low, apart.high) == (150, 0, 300)
    assert resample(easy[None], np.arange(200), 5).shape == (5, 1, len(NAMES))


def test_the_same_seed_gives_the_same_interval():
    ranks = np.random.default_rng(0).integers(0, 20, (2, 60))
    assert intervals(ranks, np.arange(60), 30) == intervals(ranks, np.arange(60), 30)
    assert intervals(ranks, np.arange(60), 30) != intervals(ranks, np.arange(60), 30, seed=1)
