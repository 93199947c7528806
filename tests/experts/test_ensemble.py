"""The query decides how much what is said counts beside the video model."""

import numpy as np
import pytest

from hearsight.experts.ensemble import SOUND_PENALTY, combine, penalty, spoken

MODEL, NOTHING = np.array([2.0, 1.0]), np.zeros(2)


def test_a_clip_in_which_nothing_is_said_keeps_the_models_score():
    for asks in (True, False):
        np.testing.assert_array_equal(combine(MODEL, np.full(2, np.nan), NOTHING, asks), MODEL)
    assert spoken(np.full(2, np.nan), NOTHING).tolist() == [0, 0]


def test_a_clip_that_the_model_cannot_compare_has_what_is_said_alone():
    assert combine(np.array([np.nan]), np.array([10.0]), np.zeros(1), True) == combine(
        np.zeros(1), np.array([10.0]), np.zeros(1), True
    )


def test_meaning_overtakes_the_model_only_where_speech_is_asked_for():
    meaning = np.array([0.0, 5.0])
    assert combine(MODEL, meaning, NOTHING, asks_for_speech=True).argmax() == 1
    assert combine(MODEL, meaning, NOTHING, asks_for_speech=False).argmax() == 0


@pytest.mark.parametrize(("strength", "first"), [(1 / 3, 0), (1, 1)])
def test_one_word_in_common_does_not_overtake_and_a_quotation_does(strength, first):
    score = combine(np.array([2.0, 1.6]), np.full(2, np.nan), np.array([0, strength]), asks_for_speech=False)
    assert score.argmax() == first


def test_what_opposes_the_query_is_no_worse_than_silence():
    assert combine(MODEL, np.array([-9.0, -9.0]), NOTHING, True).tolist() == MODEL.tolist()


def test_who_says_dog_does_not_bark():
    assert penalty(asks_for_speech=False, asks_for_sound=True, model_reads=False) == SOUND_PENALTY
    assert penalty(asks_for_speech=True, asks_for_sound=True, model_reads=False) == 0
    assert penalty(False, False, model_reads=True) > penalty(False, False, model_reads=False) > 0
