"""Cutting subtitle files into cues, however their times are written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.media.cues import read_cues


def cues(text: str, web: bool = False) -> list[tuple[float, float, str]]:
    return [(start, end, " ".join(filter(None, rows))) for start, end, rows in read_cues(text, web)]


@pytest.mark.parametrize(
    ("head", "times"),
    [
        ("00:00:01,500 --> 00:00:03,250", (1.5, 3.25)),
        ("00:00:01.500 --> 00:00:03.250", (1.5, 3.25)),
        ("00:00:01:500 --> 00:00:03:250", (1.5, 3.25)),
        ("0:00:01,5 --> 0:00:03,25", (1.5, 3.25)),
        ("00:00:01 --> 00:00:03", (1.0, 3.0)),
        ("00:01 --> 00:03", (1.0, 3.0)),
        ("00:01.500-->00:03.250", (1.5, 3.25)),
        ("  00:00:01,500  -->  00:00:03,250  ", (1.5, 3.25)),
        ("00: 00: 01, 500 --> 00: 00: 03, 250", (1.5, 3.25)),
        ("00:00:01,500 -> 00:00:03,250", (1.5, 3.25)),
        ("00:00:01,500 \u2013 > 00:00:03,250", (1.5, 3.25)),
        ("00:00:01,500 → 00:00:03,250", (1.5, 3.25)),
        ("0:00:01.500,0:00:03.250", (1.5, 3.25)),
        ("00:00:01,500 --> 00:00:03,250 X1:100 X2:200 Y1:1 Y2:2", (1.5, 3.25)),
        ("00:00:01.500 --> 00:00:03.250 align:start position:0%", (1.5, 3.25)),
        ("1:00:01,000 --> 1:00:02,000", (3601.0, 3602.0)),
        ("100:00:00,000 --> 100:00:01,000", (360000.0, 360001.0)),
        ("00:00:01,500 --&gt; 00:00:03,250", (1.5, 3.25)),
        ("00:00:01,500 ==> 00:00:03,250", (1.5, 3.25)),
        ("00:00:01,500 - 00:00:03,250", (1.5, 3.25)),
        ("00:00:01,500 00:00:03,250", (1.5, 3.25)),
        ("00:00:01'500 --> 00:00:03'250", (1.5, 3.25)),
        ("7 00:00:01,500 --> 00:00:03,250", (1.5, 3.25)),
        ("\u200e00:00:01,500 --> 00:00:03,250", (1.5, 3.25)),
        ("00\uff1a00\uff1a01\uff0c500 --> 00\uff1a00\uff1a03\uff0c250", (1.5, 3.25)),
        ("00:00:03,000 --> ", (3.0, 4.0)),
        ("00:00:03,000 --> 00:00:03,000", (3.0, 4.0)),
        ("00:00:03,000 --> 00:00:01,000", (3.0, 4.0)),
    ],
)
def test_times(head, times):
    assert cues(f"1\n{head}\na line\n") == [(*times, "a line")]


def test_a_damaged_time_ends_the_cue_before():
    text = "1\n00:01 --> 00:02\none\n\n2\n00:00:0x,000 --> 00:00:05,000\ntwo\n\n3\n00:06 --> 00:07\nsix"
    assert cues(text) == [(1, 2, "one"), (2, 6, "two"), (6, 7, "six")]


def test_a_damaged_end_is_the_beginning_of_the_next():
    assert cues("1\n00:01 --> \none\n\n2\n00:05 --> 00:06\ntwo") == [(1, 5, "one"), (5, 6, "two")]


def test_a_far_wrong_end_moves_no_other_cue():
    text = "00:01 --> 99:00:02\none\n\n00:0x --> 00:05\ntwo\n\n00:05 --> 00:06\nthree"
    assert [start for start, _, _ in cues(text)] == [1, 5, 5]


@pytest.mark.parametrize("said", ["at 10:30 - 11:30", "10:30 - 11:30", "5 --> 6", "a --> b: c"])
def test_times_that_are_said(said):
    assert cues(f"1\n00:01 --> 00:02\n{said}\n") == [(1, 2, said)]


def test_the_last_row_may_be_a_number():
    assert cues("1\n00:01 --> 00:02\nIn the year\n\n1984\n") == [(1, 2, "In the year 1984")]
    assert [said for _, _, said in cues("#1\n00:01 --> 00:02\none\n#2\n00:03 --> 00:04\ntwo")] == ["one", "two"]


def test_cues_without_an_empty_row_between_them():
    text = "1\n00:00:01,000 --> 00:00:02,000\none\n2\n00:00:03,000 --> 00:00:04,000\ntwo\n3\n00:00:05 --> 00:00:06\n7\n"
    assert [said for _, _, said in cues(text)] == ["one", "two", "7"]


def test_a_number_after_a_cue_without_one():
    text = "header\n\n00:01 --> 00:02\none\n\n2\n00:03 --> 00:04\ntwo\n"
    assert [said for _, _, said in cues(text)] == ["one", "two"]


def test_numbers_that_are_said_stay():
    text = "1\n00:01 --> 00:02\n1984\n\n2\n00:03 --> 00:04\nroom\n237\n\n3\n00:05 --> 00:06\nx"
    assert [said for _, _, said in cues(text)] == ["1984", "room 237", "x"]


def test_empty_rows_in_a_cue():
    assert [said for _, _, said in cues("1\n00:01 --> 00:02\none\n\ntwo\n\n2\n00:03 --> 00:04\nthree")] == [
        "one two",
        "three",
    ]


def test_notes_and_styles_of_webvtt_are_not_said():
    text = (
        "WEBVTT\n\nNOTE a --> b\n\nSTYLE\n::cue {}\n\nintro\n00:01 --> 00:02\none\n\nNOTE no\n\n00:03 --> 00:04\ntwo\n"
    )
    assert cues(text, web=True) == [(1, 2, "one"), (3, 4, "two")]


@pytest.mark.parametrize("text", ["", "\n", "a --> b", "-->", "no times at all", "12:30 is lunch", "\ufeff1"])
def test_a_text_without_cues(text):
    assert cues(text) == []


@pytest.mark.parametrize(
    "text",
    ["\n" * 300_000, "1 " * 500_000 + "-->", "{" * 1_000_000, "1\n00:01 --> 00:02\n" * 20_000, ": --> \n" * 30_000],
)
def test_long_texts_are_cut_in_time_that_grows_with_them(text):
    list(read_cues(text))


@given(st.text(alphabet=st.sampled_from("0123456789:,.->\n x{}"), max_size=200), st.booleans())
def test_any_text_is_cut(text, web):
    for start, end, _ in read_cues(text, web):
        assert 0 <= start < end
