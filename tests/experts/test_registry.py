"""Experts by name, and those of plugins."""

import numpy as np
import pytest

from hearsight.errors import HearsightError
from hearsight.experts.registry import DEFAULT, load_expert, register_expert
from hearsight.experts.word_vectors import WordVectors


def test_the_default_is_built_in():
    assert DEFAULT == ("wordllama",) and isinstance(load_expert("wordllama"), WordVectors)


@pytest.mark.parametrize("name", ["", "a/b", "..", "Mine", "a b"])
def test_a_name_must_be_a_part_of_a_file_name(no_plugins, name):
    with pytest.raises(HearsightError, match="small letters"):
        register_expert(name)


def test_a_plugin_can_register_one(no_plugins):
    @register_expert("letters")
    class Letters:
        name, width, fingerprint = "letters", 26, "1"

        def encode(self, texts):
            return np.array([[text.count(chr(97 + i)) for i in range(26)] for text in texts], np.float32)

    assert load_expert("letters").encode(["ab"]).sum() == 2
