"""Rewordings say the same without quoting, and sentences keep to their split."""

import numpy as np
import pytest

from hearsight.research.soundstage.sentences import ACTIONS, OBJECTS, PEOPLE, PLACES, Sentence, reword, sample_sentence
from hearsight.research.soundstage.splits import Split


def runs(text: str, words: int) -> set[tuple[str, ...]]:
    said = text.split()
    return {tuple(said[start : start + words]) for start in range(len(said) - words + 1)}


def test_a_rewording_never_quotes() -> None:
    rng = np.random.default_rng(0)
    for _ in range(3000):
        sentence = sample_sentence(rng)
        told = reword(sentence, rng)
        assert not runs(sentence.text, 4) & runs(told, 4), (sentence.text, told)


def test_a_rewording_keeps_the_colour_and_changes_person_or_object() -> None:
    rng = np.random.default_rng(1)
    sentence = Sentence("doctor", "has lost", "yellow", "bicycle")
    told = {reword(sentence, rng) for _ in range(200)}
    assert len(told) > 15
    assert all("yellow" in text for text in told)
    assert not any("doctor" in text and "bicycle" in text for text in told)
    assert "a physician can no longer find a yellow bike" in told


def test_other_words_belong_to_one_meaning() -> None:
    for words in (PEOPLE, ACTIONS, OBJECTS, PLACES):
        others = [other for choices in words.values() for other in choices]
        assert len(others) == len(set(others))
        assert not set(others) & set(words)


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_no_sentence_is_said_in_two_splits(split: Split) -> None:
    rng = np.random.default_rng(2)
    said = {sample_sentence(rng, split).text for _ in range(300)}
    for other in {"train", "validation", "test"} - {split}:
        assert not said & {sample_sentence(rng, other).text for _ in range(300)}  # type: ignore[arg-type]


def test_articles() -> None:
    assert Sentence("actor", "has broken", "orange", "table").text == "the actor has broken an orange table"
