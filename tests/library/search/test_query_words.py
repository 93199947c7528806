"""Words of queries match those of transcripts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.errors import HearsightError
from hearsight.library.search.query_words import Query, stem_spans, stems


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
        parsed = Query.parse(query)
    except HearsightError:
        return
    assert 0 <= parsed.strength(stems(transcript)) <= 1
    assert all(0 <= start < end <= len(transcript) for start, end in parsed.spans(transcript))


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\0"])
def test_an_empty_query_is_refused(text):
    with pytest.raises(HearsightError, match=r"query is empty|has no word"):
        Query.parse(text)


@pytest.mark.parametrize("text", ["!!!", "???", "'\"`;--", "(*) [~]", "…"])
def test_a_query_of_punctuation_is_refused(text):
    with pytest.raises(HearsightError, match="has no word"):
        Query.parse(text)


def test_content_words_leave_out_stop_words_and_framing():
    assert Query.parse("someone says that the doctors lost a bicycle").content_stems == {"doctor", "lost", "bicycl"}
    assert Query.parse("a person talks").content_stems == {"person", "talk"}
    assert Query.parse("to be or not to be").content_stems == {"to", "be", "or", "not"}


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
    assert lowest <= Query.parse(query).strength(stems(transcript)) <= highest


def test_spans_mark_other_forms_of_a_word():
    line = "The Doctor's lost bicycles"
    marked = [line[start:end] for start, end in Query.parse("doctors losing a bicycle").spans(line)]
    assert marked == ["Doctor's", "bicycles"]


@pytest.mark.parametrize(
    "text", ["agree bruises ANYWHERE advertising", "Américans don't 医生丢了自行车", "agree agreed"]
)
def test_the_full_text_query_has_the_content_words(text):
    query = Query.parse(text)
    assert set(stems(query.full_text)) == query.content_stems


def test_a_long_query_is_cut():
    assert len(Query.parse(" ".join(f"word{i}" for i in range(10_000))).content_stems) == 64
