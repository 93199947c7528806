"""A query tells whether it asks for something said, or for a sound."""

import pytest

from hearsight.experts.cues import asks_for_sound, asks_for_speech


@pytest.mark.parametrize("text", ["someone says sorry", "A man TALKS about bees", "a voice", "an interview with her"])
def test_queries_about_saying(text):
    assert asks_for_speech(text)


@pytest.mark.parametrize(
    "text",
    [
        "a dog barking",
        "applause",
        "the sound of the sea",
        "a bell rings",
        "Thunder!",
        "a car honking",
        "church bells ringing",
        "she plays the violin",
        "an engine rumbles",
    ],
)
def test_queries_about_sounds(text):
    assert asks_for_sound(text)


@pytest.mark.parametrize(
    "text",
    [
        "a red car",
        "a physician cannot find his bike",
        "",
        "children on a beach",
        "earring",
        "a wedding ring",
        "a bell tower",
        "a car crash",
        "a basketball shot",
        "a rhino with a horn",
        "a crow on a roof",
        "an old engine",
    ],
)
def test_queries_about_neither(text):
    assert not asks_for_speech(text) and not asks_for_sound(text)
