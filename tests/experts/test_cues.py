"""A query tells whether it asks for something said, for a sound, or for something written."""

import pytest

from hearsight.experts.cues import asks_for_sound, asks_for_speech, asks_for_text


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
        "gurgling water",
        "an audience claps",
        "a clock ticks",
        "a running motor and a car",
        "waves crash on rocks",
        "someone knocked on a door",
        "sawing",
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
        "waves on a beach",
        "I saw a dog",
        "a clock on a wall",
        "people run to a motor boat",
    ],
)
def test_queries_about_neither(text):
    assert not asks_for_speech(text) and not asks_for_sound(text)


@pytest.mark.parametrize(
    "text",
    [
        "a sign that says exit",
        "a slide with the title budget",
        "the words on the screen",
        "handwritten notes",
        "a poster which reads open day",
        "a licence plate",
        "a door showing the number 12",
    ],
)
def test_queries_about_writing(text):
    assert asks_for_text(text)


@pytest.mark.parametrize(
    "text", ["a red car", "a street sign", "someone reads a book", "she says sorry", "", "a title"]
)
def test_other_queries_ask_for_no_writing(text):
    assert not asks_for_text(text)
