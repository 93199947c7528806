"""Signs are said as words: in queries, in phrases, and in what they are compared with."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.library import Library
from hearsight.library.search.phrase import Phrase
from hearsight.library.search.query_words import Query, valid_text
from hearsight.library.words.indexed_words import indexed_words, stems_of_index
from hearsight.library.words.sign_words import say_signs
from tests.library.conftest import film, say


def stems(text):
    return stems_of_index(indexed_words(text, "en"))


PAIRS = [
    ("25%", "25 percent"),
    ("25 % of voters", "twenty-five per cent of voters"),
    ("25 Per-Cent", "25\uff05"),
    ("$5", "five dollars"),
    ("5 $", "5 dollars"),
    ("$1.5 million", "1.5 million dollars"),
    ("US$20", "US 20 dollars"),
    ("€1,000", "a thousand euros"),
    ("£1", "one pound"),
    ("¥100", "100 yen"),
    ("99¢", "ninety-nine cents"),
    ("30 °C", "thirty degrees Celsius"),
    ("30℃", "30 degrees celsius"),
    ("451°F", "451 degrees Fahrenheit"),
    ("90°", "ninety degrees"),
    ("№ 5", "number five"),
    ("#5", "number 5"),
    ("R&D", "R and D"),
    ("research & development", "research and development"),
    ("C++", "C plus plus"),
    ("2 + 2", "two plus two"),
    ("the +49 code", "the plus 49 code"),
]


@pytest.mark.parametrize("both", PAIRS + [pair[::-1] for pair in PAIRS])
def test_a_sign_and_its_words_are_the_same(both):
    typed, written = both
    query, text = Query(typed), f"he wants {written}, I think"
    assert query.match(stems(text), 1.0).complete and query.strength(stems(text)) > 0.3
    assert Phrase(typed).is_in(text, "en") and Phrase(typed, exact=False).is_in(text, "en")


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("25%", "25 dollars"),
        ("C++", "vitamin C"),
        ("5 percent", "5 cents"),
        ("percent", "two cents per cake"),
        ("jazz +blues", "jazz plus blues"),
        ("30 °C", "30 degrees Fahrenheit"),
    ],
)
def test_other_signs_are_other_words(typed, written):
    query = Query(typed)
    assert not Phrase(typed).is_in(written, "en")
    assert query.strength(stems(written)) < 1


@given(st.text(st.sampled_from("$€%&+°№#1.,5 aC-"), max_size=30), st.text())
def test_any_text_can_be_said(signs, text):
    text = valid_text(signs + text)
    assert "%" not in say_signs(text)
    for exact in (True, False):
        phrase = Phrase(text, exact)
        assert not phrase.has_words or phrase.is_in(text, "en")


def test_a_long_number_takes_no_time():
    assert say_signs("1.11" * 20_000 + " %").endswith("percent ")


@pytest.fixture(scope="module")
def folder(tmp_path_factory, model):
    folder = tmp_path_factory.mktemp("signs") / "films"
    for name, line in (
        ("signs", "it fell by 25% to $5"),
        ("words", "it fell by twenty-five per cent"),
        ("others", "25 cents"),
    ):
        film(folder / f"{name}.mkv", 2)
        say(folder / f"{name}.srt", line)
    Library.create(folder, model, seconds=2).update(recogniser="none")
    return folder


@pytest.mark.parametrize("in_memory", [False, True])
@pytest.mark.parametrize(
    ("query", "videos"),
    [
        ("25 percent", {"signs", "words"}),
        ("25%", {"signs", "words"}),
        ("five dollars", {"signs"}),
        ('"by 25 percent"', {"signs", "words"}),
        ('fell -"25%"', set()),
        ("fell -percent", set()),
    ],
)
def test_both_ways_of_searching_find_them(folder, model, in_memory, query, videos):
    library = Library.open(folder, model=model, in_memory=in_memory)
    hits = library.search(query, mode="speech").hits
    assert {hit.video.stem for hit in hits if hit.words > 0.3} == videos
