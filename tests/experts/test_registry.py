"""Experts by name, and those of plugins."""

import numpy as np
import pytest

from hearsight.errors import HearsightError
from hearsight.experts.registry import (
    DEFAULT,
    choose_meaning,
    encode_query,
    load_expert,
    load_experts,
    register_expert,
)
from hearsight.experts.word_vectors import WordVectors


def test_the_default_is_built_in():
    assert DEFAULT == "wordllama" and isinstance(load_expert("wordllama"), WordVectors)


@pytest.mark.parametrize("name", ["", "a/b", "..", "Mine", "a b", "a:b", "none", "sentences"])
def test_a_name_must_be_a_part_of_a_file_name(no_plugins, name):
    with pytest.raises(HearsightError, match="cannot register"):
        register_expert(name)(object)


def test_a_plugin_can_register_one(no_plugins):
    @register_expert("letters")
    class Letters:
        width, fingerprint = 26, "1"

        def __init__(self, detail):
            self.name, self.weight = f"letters:{detail}", float(detail)

        def encode_passages(self, texts):
            counts = [[text.count(chr(97 + i)) for i in range(26)] for text in texts]
            return self.weight * np.array(counts, np.float32)

        encode_queries = encode_passages

    assert load_expert("letters:3").encode_queries(["ab"]).sum() == 6
    assert choose_meaning("letters:3") == "letters:3" and load_experts("letters:3") == [load_expert("letters:3")]


class Fixed:
    """An expert of one vector. Attributes may be set to wrong values."""

    name, width, fingerprint = "fixed", 3, "1"
    vector: object = (1.0, 0.0, 0.0)

    def __init__(self, detail: str) -> None:
        pass

    def encode_passages(self, texts):
        return [self.vector] * len(texts)

    encode_queries = encode_passages


def registered(**attributes):
    register_expert("fixed")(type("Fixed", (Fixed,), attributes))
    return load_expert("fixed")


def test_a_name_that_is_registered_again_stands_for_the_newer_expert(no_plugins):
    first = registered()
    assert encode_query("a", "fixed").tolist() == [1, 0, 0]
    assert registered(vector=(0.0, 1.0, 0.0)) is not first
    assert encode_query("a", "fixed").tolist() == [0, 1, 0]


@pytest.mark.parametrize("vector", [(1, 0, 0), np.array([1.0, 0, 0]), np.array([1, 0, 0], np.float16)], ids=str)
def test_vectors_of_any_numbers_are_float32(no_plugins, vector):
    vectors = registered(vector=vector).encode_passages(["a", "b"])
    assert vectors.dtype == np.float32 and vectors.tolist() == [[1, 0, 0]] * 2


@pytest.mark.parametrize(
    ("vector", "reason"),
    [
        ((1.0, 0.0), r"the shape \(2, 2\) where \(2, 3\) is expected"),
        (1.0, r"the shape \(2,\) where"),
        ((np.nan, 0.0, 0.0), "NaN, or numbers too large"),
        ((1e9, 0.0, 0.0), "NaN, or numbers too large"),
        ("abc", "no array of numbers"),
        (None, "NaN|shape|no array"),
    ],
    ids=str,
)
def test_wrong_vectors_are_refused_with_the_experts_name(no_plugins, vector, reason):
    expert = registered(vector=vector)
    for encode in (expert.encode_passages, expert.encode_queries):
        with pytest.raises(HearsightError, match=rf"the expert 'fixed' cannot be used: .*({reason}).*; correct its"):
            encode(["a", "b"])


@pytest.mark.parametrize("attribute", ["name", "width", "fingerprint"])
def test_an_expert_without_what_it_must_have_is_refused(no_plugins, attribute):
    with pytest.raises(HearsightError, match=f"the expert .*[Ff]ixed.* its {attribute} is None and not of the type"):
        registered(**{attribute: None})


def test_none_is_no_expert_and_nothing_is_the_default():
    assert choose_meaning("none") == "none" and load_experts("none") == []
    assert load_experts(None) == [load_expert("wordllama")]


@pytest.mark.parametrize("name", ["wordlama", "wordllama:large", "", ":", "sentences:", "none:x"])
def test_an_unknown_name_is_refused(name, monkeypatch):
    monkeypatch.setattr("hearsight.models.hub.HubModel.fetch", lambda *arguments: None)
    with pytest.raises(HearsightError, match=";"):
        choose_meaning(name)
