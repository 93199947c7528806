"""Phrases match transcripts word by word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.library.search.phrase import Phrase, contains_run
from hearsight.library.search.query_words import folded_words


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
    assert Phrase(phrase).is_in(transcript)


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
    assert not Phrase(phrase).is_in(transcript)


@given(st.text(st.characters(codec="ascii")), st.sampled_from(["don't", "a", "b c", "3.5", "a_b", "u.s"]))
def test_the_quick_test_changes_nothing(transcript, phrase):
    words, run = folded_words(transcript + " a b c"), folded_words(phrase)
    assert Phrase(phrase).is_in(transcript + " a b c") == contains_run(words, run)


def test_other_forms_of_a_word_match_unless_it_must_be_exact():
    assert Phrase("dogs", exact=False).is_in("the dog barks")
    assert not Phrase("dogs").is_in("the dog barks")
    assert Phrase("dogs").is_in("the dogs bark")


@given(st.text(), st.text())
def test_a_part_of_a_text_is_in_it(before, after):
    assert Phrase("magic word").is_in(f"{before} magic word {after}")


def test_the_spellings_of_many_numbers_are_limited():
    assert len(Phrase(" ".join(["1972"] * 20)).variants) <= 64
