"""Cutting transcripts to stretches of a file."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.speech import Transcript
from hearsight.speech.transcript import line_of
from hearsight.types import Line, Word

SAID = "the doctor lost a yellow bicycle"
WORDS = tuple(Word(second, second + 0.5, text) for second, text in enumerate(SAID.split()))
HEARD = Transcript((line_of(WORDS[:3]), line_of(WORDS[3:])), "pocketsphinx", "en")
READ = Transcript((Line(0, 4, "Good evening."), Line(5, 25, "A long song."), Line(30, 30, "Now!")), "subtitles")


def test_words_are_cut_by_their_middle():
    assert HEARD.between(0, 6) == SAID
    assert HEARD.between(1, 4) == "doctor lost a"
    assert HEARD.between(1.3, 3.2) == "lost"
    assert HEARD.between(6, 9) == ""


def test_lines_between_keep_their_words():
    lost, yellow = HEARD.lines_between(2, 5)
    assert (lost.start, lost.end, lost.text, lost.words) == (2, 2.5, "lost", WORDS[2:3])
    assert (yellow.start, yellow.end, yellow.text, yellow.words) == (3, 4.5, "a yellow", WORDS[3:5])


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (0, 15, "Good evening. A long song."),
        (15, 30, "A long song."),
        (1, 5, "Good evening."),
        (3, 5.5, ""),
        (10, 12, "A long song."),
        (26, 30, ""),
        (30, 45, "Now!"),
    ],
)
def test_subtitles_belong_uncut_to_a_stretch_that_covers_half_of_them(start, end, text):
    assert READ.between(start, end) == text


@given(st.lists(st.floats(0, 6), max_size=5))
def test_adjoining_stretches_share_and_lose_no_word(cuts):
    bounds = [0, *sorted(cuts), 6]
    said = [HEARD.between(start, end) for start, end in pairwise(bounds)]
    assert " ".join(part for part in said if part) == SAID


@pytest.mark.parametrize("transcript", [HEARD, READ, Transcript()])
def test_a_transcript_is_the_same_after_a_round_trip_through_json(transcript):
    assert Transcript.from_dict(json.loads(json.dumps(transcript.to_dict()))) == transcript
