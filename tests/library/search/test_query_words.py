"""Words of queries match those of transcripts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.errors import HearsightError
from hearsight.library.search.query_words import Query, stem_spans, stems, valid_text


@given(st.text())
def test_spans_are_in_order_and_inside_the_text(text):
    end = 0
    for stem, start, stop in stem_spans(text):
        assert end <= start < stop <= len(text)
        assert stem in stems(text)
        end = stop


@given(st.text(min_size=1), st.text())
def test_strength_is_a_share(query, transcript):
    try:
        parsed = Query(valid_text(query))
    except HearsightError:
        return
    assert 0 <= parsed.strength(stems(transcript)) <= 1
    assert all(0 <= start < end <= len(transcript) for start, end in parsed.spans(transcript))


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\0"])
def test_an_empty_query_is_refused(text):
    with pytest.raises(HearsightError, match=r"query is empty|has no word"):
        Query(text)


@pytest.mark.parametrize("text", ["!!!", "???", "'\"`;--", "(*) [~]", "…"])
def test_a_query_of_punctuation_is_refused(text):
    with pytest.raises(HearsightError, match="has no word"):
        Query(text)


def test_content_words_leave_out_stop_words_and_framing():
    assert Query("someone says that the doctors lost a bicycle").content_stems == {"doctor", "lost", "bicycl"}
    assert Query("a person talks").content_stems == {"person", "talk"}
    assert Query("to be or not to be").content_stems == {"to", "be", "or", "not"}


SPEECH = "and so my fellow americans ask not what your country can do for you"


# The output of a recogniser for a noisy recording of the same speech.
MISHEARD = "and all my fellow americans and not like your brain and you are you and like you can do for your country"


@pytest.mark.parametrize(
    ("query", "transcript", "lowest", "highest"),
    [
        ("ask not what your country can do for you", SPEECH, 1, 1),
        ("ask not what your country can do for you", MISHEARD, 0.8, 1),
        ("someone says the doctor lost a bicycle", "well the doctors have lost their yellow bicycles", 1, 1),
        ("a dog runs on the beach", "we went on the train to the city", 0, 0),
        ("a dog runs on the beach", "the dog did not come", 0, 0),
        ("a dog", "the dog did not come", 0.3, 0.4),
        ("红色的自行车", "他买了一辆红色的自行车", 1, 1),
        ("потерял велосипед", "доктор потерял велосипед", 1, 1),
    ],
)
def test_strength_grows_with_the_words_in_common(query, transcript, lowest, highest):
    assert lowest <= Query(query).strength(stems(transcript)) <= highest


@pytest.mark.parametrize("query", ["🐶", "👍🎉"])
def test_a_transcript_without_words_to_compare_is_not_complete(query):
    assert not Query(query).match(("hello",), 0.0).complete


def test_spans_mark_other_forms_of_a_word():
    line = "The Doctor's lost bicycles"
    marked = [line[start:end] for start, end in Query("doctors losing a bicycle").spans(line)]
    assert marked == ["Doctor's", "bicycles"]


@pytest.mark.parametrize(
    "text", ["agree bruises ANYWHERE advertising", "Américans don't 医生丢了自行车", "agree agreed"]
)
def test_the_full_text_query_has_the_content_words(text):
    query = Query(text)
    assert set(stems(query.full_text)) == query.content_stems


@pytest.mark.parametrize(
    ("query", "transcript", "lowest", "highest"),
    [
        ("the election of 1972", "in nineteen seventy-two there was an election", 0.6, 1),
        ("the election of nineteen seventy-two", "the 1972 election", 1, 1),
        ("7", "seven", 0.3, 0.4),
        ("seven", "7", 0.3, 0.4),
        ("seven dwarfs", "Snow White and the 7 dwarfs", 0.6, 1),
        ("the 21st century", "in the twenty-first century", 0.6, 1),
        ("$5 lunch", "a five dollar lunch", 0.6, 1),
        ("7 dwarfs", "twenty-seven dogs", 0, 0),
        ("1972", "two of them", 0, 0),
        ("12:30", "at twelve thirty", 0.6, 1),
        ("pi is 3.14", "pi is three point one four", 0.6, 1),
    ],
)
def test_numbers_match_however_they_are_spelled(query, transcript, lowest, highest):
    parsed = Query(query)
    assert lowest <= parsed.strength(stems(transcript)) <= highest
    assert parsed.is_in(stems(transcript)) == (highest > 0)


def test_a_spelled_number_is_marked_as_one():
    line = "The Nineteen Seventy-Two election, not 1973"
    assert [line[start:end] for start, end in Query("election 1972").spans(line)] == [
        "Nineteen Seventy-Two",
        "election",
    ]
    assert Query("1972").content_stems_in(line) == {"1972"}


def test_the_full_text_query_has_all_spellings_of_a_number():
    query = Query("election of 1972")
    assert {"election", "1972", "1,972", "nineteen", "seventy", "two", "hundred"} <= set(query.full_text.split())
    assert {"elect", "1972", "seventi"} <= query.search_stems
    assert not {"and", "a"} & set(query.full_text.split())


def test_a_long_query_is_cut():
    assert len(Query(" ".join(f"word{i}" for i in range(10_000))).content_stems) == 64
