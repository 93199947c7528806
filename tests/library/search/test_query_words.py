"""Words of queries match those of transcripts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.errors import HearsightError
from hearsight.library.search.query_words import Query, valid_text
from hearsight.library.words.indexed_words import indexed_words, stems_of_index


def stems(text: str, language: str | None = "en") -> tuple[str, ...]:
    return stems_of_index(indexed_words(text, language))


@given(st.text(min_size=1), st.text())
def test_strength_is_a_share(query, transcript):
    try:
        parsed = Query(valid_text(query))
    except HearsightError:
        return
    assert 0 <= parsed.strength(stems(transcript)) <= 1
    assert all(0 <= start < end <= len(transcript) for start, end in parsed.spans(transcript, "en"))


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\0"])
def test_an_empty_query_is_refused(text):
    with pytest.raises(HearsightError, match=r"query is empty|has no word"):
        Query(text)


@pytest.mark.parametrize("text", ["!!!", "???", "'\"`;--", "(*) [~]", "…"])
def test_a_query_of_punctuation_is_refused(text):
    with pytest.raises(HearsightError, match="has no word"):
        Query(text)


def content_stems(text: str) -> set[str]:
    return {stem.removeprefix("EN") for stem in Query(text).within("en").content_stems}


def test_content_words_leave_out_stop_words_and_framing():
    assert content_stems("someone says that the doctors lost a bicycle") == {"doctor", "lost", "bicycl"}
    assert content_stems("a person talks") == {"person", "talk"}
    assert content_stems("to be or not to be") == {"to", "be", "or", "not"}


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
    marked = [line[start:end] for start, end in Query("doctors losing a bicycle").spans(line, "en")]
    assert marked == ["Doctor's", "bicycles"]


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
    assert [line[start:end] for start, end in Query("election 1972").spans(line, "en")] == [
        "Nineteen Seventy-Two",
        "election",
    ]
    assert Query("1972").within("en").content_stems_in(line) == {"EN1972"}


def test_the_index_is_asked_for_all_spellings_of_a_number():
    searched = {stem.removeprefix("EN") for stem in Query("election of 1972").search_stems(["en"])}
    assert {"elect", "1972", "1,972", "nineteen", "seventi", "two", "hundr"} <= searched
    assert not {"and", "a"} & searched


def test_a_long_query_is_cut():
    assert len(content_stems(" ".join(f"word{i}" for i in range(10_000)))) == 64
