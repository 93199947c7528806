"""Static vectors of words tell which texts mean the same."""

import subprocess
import sys

import numpy as np
import pytest

from hearsight.experts.word_vectors import WordVectors


@pytest.fixture(scope="module")
def words() -> WordVectors:
    return WordVectors()


@pytest.mark.parametrize(
    ("query", "right", "wrong"),
    [
        ("a physician cannot find his bike", "the doctor lost his bicycle", "the cook burnt the soup"),
        ("do something for your nation", "ask what you can do for your country", "the bus leaves at nine"),
        ("kids at the seaside", "children on a beach", "a tax on imported steel"),
    ],
)
def test_texts_of_one_meaning_are_near_without_a_word_in_common(words, query, right, wrong):
    question, *lines = words.encode_passages([query, right, wrong])
    assert question @ lines[0] > 0.25 + question @ lines[1]


@pytest.mark.parametrize("text", ["a", "résumé", "x" * 200_000, "word " * 10_000, "\x00\ud7ff 7", "1972"])
def test_any_text_has_a_unit_vector(words, text):
    assert np.linalg.norm(words.encode_queries([text])[0]) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("text", ["日本語の映画", "велосипедный завод", "الدراجة", "ποδήλατο!", "🦊🎈", "?!", "कुत्ता"])
def test_a_text_in_other_letters_is_near_to_nothing(words, text):
    """It would be near to every other text in these letters, whatever they say."""
    assert not words.encode_passages([text]).any()


def test_a_text_without_words_is_near_to_nothing(words):
    assert words.encode_passages(["", "a dog"]).any(axis=1).tolist() == [False, True] and words.encode_passages(
        []
    ).shape == (0, 256)


def test_the_vectors_are_read_without_importing_their_package():
    program = (
        "import sys; from hearsight.experts.word_vectors import WordVectors; w = WordVectors();"
        "w.encode_queries(['a dog']); w.fingerprint; print({'wordllama', 'torch'} & set(sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout == "set()\n"
