"""Normalisation lowers the scores of hubs, and changes only the queries that it should."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.research.evaluation import dual_softmax, text_to_video
from hearsight.research.evaluation.normalisation import BANK, DualSoftmax, Querybank

SEEDS = st.integers(0, 1000)


def scores_of(seed: int, texts: int = 12, videos: int = 9) -> np.ndarray:
    return np.random.default_rng(seed).normal(scale=5, size=(texts, videos))


@given(SEEDS, st.integers(1, 12))
def test_blocks_do_not_change_the_result(seed, size):
    scores, bank = scores_of(seed), scores_of(seed + 1)
    for normalisation in (DualSoftmax(), Querybank(["a"], 0.2, "train")):
        expected = normalisation.fit([bank])(scores)
        parts = normalisation.fit([bank[start : start + size] for start in range(0, 12, size)])(scores)
        assert parts == pytest.approx(expected)


def test_a_hub_loses_to_the_right_video():
    scores = np.eye(6) * 3
    scores[:, 0] += 5  # video 0 answers every query
    pairs = np.arange(6)
    assert text_to_video(scores, pairs).r1 < 20
    assert text_to_video(Querybank(["a"], 1.0, "train").fit([scores])(scores), pairs).r1 == 100
    assert text_to_video(dual_softmax(scores), pairs).r1 == 100


@given(SEEDS)
def test_the_querybank_is_the_published_inverted_softmax(seed):
    scores, bank, beta = scores_of(seed), scores_of(seed + 1, texts=4), 0.2
    published = np.exp(beta * scores) / np.exp(beta * bank).sum(axis=0)
    normalised = Querybank(["a"], beta, "train").fit([bank])(scores)
    active = np.isin(scores.argmax(axis=1), bank.argmax(axis=1))
    assert np.exp(beta * normalised[active]) == pytest.approx(published[active])
    assert np.array_equal(normalised[~active], scores[~active])


def test_large_logits_do_not_overflow():
    scores = 1e4 * np.eye(3)
    for normalisation in (DualSoftmax(), Querybank(["a"], 20.0, "train")):
        assert np.isfinite(normalisation.fit([scores])(scores)).all()


def test_a_bank_has_distinct_captions_and_a_bounded_size():
    captions = [f"caption {i % (BANK + 10)}" for i in range(2 * BANK + 20)]
    bank = Querybank.of(captions, scale=100.0, source="data/train")
    assert len(bank.bank) == len(set(bank.bank)) == BANK
    assert bank.beta == pytest.approx(0.2)
    assert Querybank.of(captions, 100.0, "data/train") == bank
    assert str(bank) == "querybank, 5000 captions of data/train, inverse temperature 0.2, k = 1"
