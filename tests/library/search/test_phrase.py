"""Phrases match transcripts word by word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.library.search.phrase import Phrase
from hearsight.library.words.indexed_words import indexed_words, stems_of_index


@pytest.mark.parametrize(
    ("phrase", "transcript"),
    [
        ("happy birthday", "Well, Happy... BIRTHDAY to you"),
        ("cafe creme", "un café crème"),
        ("don't", "I don\u2019t know"),
        ("don\u2019t know", "I don't know"),
        ("你好", "他说你好"),
        ("in 1972", "it was in nineteen seventy-two"),
        ("nineteen seventy-two", "in 1972"),
        ("seven", "7 dwarfs"),
        ("e-mail", "an e mail"),
    ],
)
def test_a_phrase_is_found(phrase, transcript):
    assert Phrase(phrase).is_in(transcript, "en")


@pytest.mark.parametrize(
    ("phrase", "transcript"),
    [
        ("happy birthday", "birthday happy"),
        ("happy birthday", "happy new birthday"),
        ("happy birthday", "happy birthdays"),
        ("cat", "concatenate"),
        ("in 1972", "in nineteen eighty-two"),
        ("word", ""),
    ],
)
def test_a_phrase_is_not_found(phrase, transcript):
    assert not Phrase(phrase).is_in(transcript, "en")


@given(st.text(), st.sampled_from(["don't", "a", "b c", "3.5", "a_b", "u.s"]))
def test_the_quick_test_changes_nothing(transcript, phrase):
    text, words = f"{transcript} a b c", stems_of_index(indexed_words(f"{transcript} a b c", "en"))
    assert Phrase(phrase).is_in(text, "en", words) == Phrase(phrase).is_in(text, "en")


def test_other_forms_of_a_word_match_unless_it_must_be_exact():
    assert Phrase("dogs", exact=False).is_in("the dog barks", "en")
    assert not Phrase("dogs").is_in("the dog barks", "en")
    assert Phrase("dogs").is_in("the dogs bark", "en")


@given(st.text(), st.text())
def test_a_part_of_a_text_is_in_it(before, after):
    assert Phrase("magic word").is_in(f"{before} magic word {after}", "en")


def test_the_spellings_of_many_numbers_are_limited():
    assert len(Phrase(" ".join(["1972"] * 20)).runs) <= 64
