"""The model without weights: all of its vectors are zeros, with torch and without."""

import numpy as np
import pytest

import hearsight
from hearsight.errors import HearsightError
from hearsight.models.config import ModelConfig
from hearsight.models.load import build
from hearsight.models.methods.words import Words
from hearsight.models.methods.words_queries import FINGERPRINT, WordsQueryEncoder
from hearsight.models.preprocess import collate
from hearsight.models.query_cache import read_queries
from hearsight.models.torch_queries import TorchQueryEncoder, numpy_queries
from tests.builders import tiny_clip


@pytest.fixture
def words():
    return hearsight.load("none")


def test_it_is_loaded_by_name_also_beside_a_folder_of_that_name(words, tmp_path, monkeypatch):
    (tmp_path / "none").mkdir()
    monkeypatch.chdir(tmp_path)
    assert isinstance(hearsight.load("none"), Words)
    assert hearsight.load("none").fingerprint == words.fingerprint == FINGERPRINT


def test_its_vectors_are_zeros(words):
    picture = np.full((48, 64, 3), 200, np.uint8)
    video = words.encode_video(**vars(collate([words.prepare([picture], None, "the doctor lost a bicycle")])))
    assert video.frames.shape == (1, 1, words.width) and video.mask.all()
    assert not video.pooled.any() and not video.frames.any()
    assert not words.encode_texts(["a red car", ""]).any()


def test_its_queries_need_no_cache_and_no_torch(words):
    encoder, expected = read_queries("none", FINGERPRINT), TorchQueryEncoder(words)
    assert isinstance(encoder, WordsQueryEncoder) and numpy_queries(words) is None
    assert (encoder.width, encoder.text_width, encoder.extra) == (expected.width, expected.text_width, expected.extra)
    assert encoder.count_pieces(["doctor", "xyzzy"]) == expected.count_pieces(["doctor", "xyzzy"])
    texts = encoder.encode(["a red car", "a dog"])
    np.testing.assert_array_equal(texts, expected.encode(["a red car", "a dog"]))
    clips = {
        "pooled": np.zeros((3, encoder.width), np.float32),
        "frames": np.zeros((3, 1, encoder.width), np.float16),
        "mask": np.array([[True], [True], [False]]),
    }
    for ours, theirs in zip(encoder.similarity(texts[0], clips), expected.similarity(texts[0], clips), strict=True):
        assert ours.shape == theirs.shape
    assert encoder.similarity(texts[0], clips)[1].tolist() == [[0.0], [0.0], [-1.0]]
    assert encoder.similarities(texts, clips).shape == (2, 3)


def test_it_can_be_saved(words, tmp_path):
    words.save_pretrained(tmp_path)
    again = hearsight.load(tmp_path)
    assert isinstance(again, Words) and again.fingerprint == FINGERPRINT


def test_it_has_no_use_for_towers(tmp_path):
    with pytest.raises(HearsightError, match=r"sees nothing, and has no use for towers or training; use --model none"):
        build(ModelConfig(method="words", clip=tiny_clip()))
