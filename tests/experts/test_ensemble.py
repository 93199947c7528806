"""The query decides how much what is said counts beside the video model."""

import numpy as np
import pytest

from hearsight.experts.ensemble import SOUND_PENALTY, combine, penalty, sound_penalty, spoken

MODEL, NOTHING, SILENCE = np.array([2.0, 1.0]), np.zeros(2), np.full(2, np.nan)


def test_a_clip_in_which_nothing_is_said_keeps_the_models_score():
    for asks in ("said", "heard", "said and heard", ""):
        np.testing.assert_array_equal(combine(MODEL, SILENCE, SILENCE, NOTHING, asks, False), MODEL)
    assert spoken(SILENCE, NOTHING).tolist() == [0, 0]


def test_a_clip_that_the_model_cannot_compare_has_what_is_said_alone():
    nothing, said = np.array([np.nan]), np.array([10.0])
    scores = [combine(model, said, nothing, np.zeros(1), "said", False) for model in (nothing, np.zeros(1))]
    assert scores[0] == scores[1]


def test_meaning_overtakes_the_model_only_where_speech_is_asked_for():
    meaning = np.array([0.0, 5.0])
    assert combine(MODEL, meaning, SILENCE, NOTHING, "said", False).argmax() == 1
    assert combine(MODEL, meaning, SILENCE, NOTHING, "", False).argmax() == 0


@pytest.mark.parametrize(("strength", "first"), [(1 / 3, 0), (1, 1)])
def test_one_word_in_common_does_not_overtake_and_a_quotation_does(strength, first):
    score = combine(np.array([2.0, 1.6]), SILENCE, SILENCE, np.array([0, strength]), "", False)
    assert score.argmax() == first


def test_what_opposes_the_query_is_no_worse_than_silence():
    assert combine(MODEL, np.array([-9.0, -9.0]), SILENCE, NOTHING, "said", False).tolist() == MODEL.tolist()
    assert combine(MODEL, SILENCE, np.array([-9.0, -9.0]), NOTHING, "heard", False).tolist() == MODEL.tolist()


def test_sound_overtakes_the_model_only_where_the_query_names_one():
    heard = np.array([0.0, 3.0])
    assert combine(MODEL, SILENCE, heard, NOTHING, "heard", False).argmax() == 1
    assert (
        combine(MODEL, SILENCE, heard, NOTHING, "", False).argmax()
        == combine(MODEL, SILENCE, heard, NOTHING, "said", False).argmax()
        == 0
    )
    assert sound_penalty("heard") == 0 < sound_penalty("") < sound_penalty("said")


def test_a_query_may_ask_for_what_is_said_and_for_a_sound():
    said, heard = np.array([2.0, 2.0]), np.array([0.0, 3.0])
    assert combine(MODEL, said, heard, NOTHING, "said and heard", False).argmax() == 1
    assert combine(MODEL, said, heard, NOTHING, "said", False).argmax() == 0
    assert sound_penalty("said and heard") == penalty("said and heard", model_reads=False) == 0


def test_meaning_counts_little_beside_a_model_that_reads():
    meaning = np.array([0.0, 1.0])
    assert combine(MODEL, meaning, SILENCE, NOTHING, "said", model_reads=False).argmax() == 1
    assert combine(MODEL, meaning, SILENCE, NOTHING, "said", model_reads=True).argmax() == 0


def test_who_says_dog_does_not_bark():
    assert penalty("heard", model_reads=False) == SOUND_PENALTY
    assert penalty("said", model_reads=False) == 0
    assert penalty("", model_reads=True) > penalty("", model_reads=False) > 0


def test_what_is_read_counts_as_what_is_said_if_it_is_asked_for():
    texts = np.array([1.0, 3.0]), np.array([0.2, 0.7])
    for said, read in (("said", "read"), ("", "")):
        by_speech = combine(MODEL, np.array([1.0, 3.0]), SILENCE, np.array([0.2, 0.7]), said, False)
        by_text = combine(MODEL, SILENCE, SILENCE, NOTHING, read, False, *texts)
        np.testing.assert_allclose(by_speech, by_text)
