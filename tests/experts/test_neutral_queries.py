"""The bank of neutral queries, and its vectors in the user's cache."""

import os

import numpy as np
import pytest

from hearsight.experts.neutral_queries import bank_fingerprint, neutral_queries, neutral_vectors

FINGERPRINT = "0123456789ab"


class CountingEncoder:
    """An encoder of random vectors that counts the texts it gets."""

    texts = 0

    def encode(self, texts):
        self.texts += len(texts)
        return np.random.default_rng(0).normal(size=(len(texts), 8)).astype(np.float32)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "hearsight" / "neutral" / f"{FINGERPRINT}-{bank_fingerprint()}.npy"


def test_the_bank_has_hundreds_of_different_queries():
    queries = neutral_queries()
    assert len(set(queries)) == len(queries) > 300 and all(query.strip() == query != "" for query in queries)


def test_vectors_are_computed_once(cache):
    encoder = CountingEncoder()
    first, second = (neutral_vectors(encoder.encode, 8, FINGERPRINT) for _ in range(2))
    assert encoder.texts == len(first) == len(neutral_queries()) and (first == second).all() and cache.is_file()


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY", b"x" * 1000], ids=["empty", "cut", "foreign"])
def test_what_cannot_be_read_is_computed_again(cache, content):
    neutral_vectors(CountingEncoder().encode, 8, FINGERPRINT)
    cache.write_bytes(content)
    encoder = CountingEncoder()
    assert len(neutral_vectors(encoder.encode, 8, FINGERPRINT)) == encoder.texts


@pytest.mark.parametrize("wrong", [np.zeros((3, 8), np.float32), np.full((397, 8), np.nan, np.float32)], ids=str)
def test_wrong_vectors_are_computed_again(cache, wrong):
    cache.parent.mkdir(parents=True)
    np.save(cache, wrong)
    assert np.isfinite(neutral_vectors(CountingEncoder().encode, 8, FINGERPRINT)).all()


def test_a_fingerprint_names_no_other_file(cache):
    neutral_vectors(CountingEncoder().encode, 8, "../../stranger")
    assert not list(cache.parents[2].rglob("*.npy"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_cache_that_cannot_be_written_is_no_error(cache):
    cache.parents[2].chmod(0o500)
    assert len(neutral_vectors(CountingEncoder().encode, 8, FINGERPRINT)) == len(neutral_queries())
