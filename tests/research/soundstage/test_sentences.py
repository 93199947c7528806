"""Rewordings say the same without quoting, and no sentence belongs to two splits."""

import numpy as np
import pytest

from hearsight.research.soundstage.sentences import (
    ACTIONS,
    LOCATIONS,
    OBJECTS,
    PEOPLE,
    Sentence,
    reword,
    sample_sentence,
)
from hearsight.research.soundstage.splits import SplitName


def runs(text: str, words: int) -> set[tuple[str, ...]]:
    split = text.split()
    return {tuple(split[start : start + words]) for start in range(len(split) - words + 1)}


def test_a_rewording_never_quotes() -> None:
    rng = np.random.default_rng(0)
    for _ in range(3000):
        sentence = sample_sentence(rng)
        reworded = reword(sentence, rng)
        assert not runs(sentence.text, 4) & runs(reworded, 4), (sentence.text, reworded)


def test_a_rewording_keeps_the_colour_and_changes_person_or_object() -> None:
    rng = np.random.default_rng(1)
    sentence = Sentence("doctor", "has lost", "yellow", "bicycle")
    texts = {reword(sentence, rng) for _ in range(200)}
    assert len(texts) > 15
    assert all("yellow" in text for text in texts)
    assert not any("doctor" in text and "bicycle" in text for text in texts)
    assert "a physician can no longer find a yellow bike" in texts


def test_each_rewording_has_one_meaning() -> None:
    for words in (PEOPLE, ACTIONS, OBJECTS, LOCATIONS):
        rewordings = [rewording for choices in words.values() for rewording in choices]
        assert len(rewordings) == len(set(rewordings))
        assert not set(rewordings) & set(words)


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_no_sentence_is_said_in_two_splits(split: SplitName) -> None:
    rng = np.random.default_rng(2)
    sentences = {sample_sentence(rng, split).text for _ in range(300)}
    for other in {"train", "validation", "test"} - {split}:
        assert not sentences & {sample_sentence(rng, other).text for _ in range(300)}  # type: ignore[arg-type]


def test_articles() -> None:
    assert Sentence("actor", "has broken", "orange", "table").text == "the actor has broken an orange table"
