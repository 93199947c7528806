"""Experts by name, and those of plugins."""

import numpy as np
import pytest

from hearsight.errors import HearsightError
from hearsight.experts.registry import DEFAULT, choose_meaning, load_expert, load_experts, register_expert
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


def test_none_is_no_expert_and_nothing_is_the_default():
    assert choose_meaning("none") == "none" and load_experts("none") == []
    assert load_experts(None) == [load_expert("wordllama")]


@pytest.mark.parametrize("name", ["wordlama", "wordllama:large", "", ":", "sentences:", "none:x"])
def test_an_unknown_name_is_refused(name, monkeypatch):
    monkeypatch.setattr("hearsight.experts.sentence_checkpoint.fetch", lambda *arguments: None)
    with pytest.raises(HearsightError, match=";"):
        choose_meaning(name)
