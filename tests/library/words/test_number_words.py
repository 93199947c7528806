"""Numbers are spelled and read as English words."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.library.words.number_words import END, Number, NumberRun, number_runs, spellings
from hearsight.library.words.stems import stem
from hearsight.library.words.word_forms import cut


def words_of(text):
    return [word.forms[0] for word in cut(text)]


def stems_of(text):
    return [stem(word, "en").removeprefix("EN") for word in words_of(text)]


def read(text):
    return [run.number for run in number_runs(words_of(text))]


def spelled(value, **kind):
    run = NumberRun(0, 1, Number(Fraction(value), kind.get("is_ordinal", False)), kind.get("is_decade", False))
    return {" ".join(words) for words in spellings(run)}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1972", 1972),
        ("1,972", 1972),
        ("nineteen seventy-two", 1972),
        ("nineteen hundred and seventy-two", 1972),
        ("one thousand nine hundred seventy two", 1972),
        ("two thousand and five", 2005),
        ("twenty oh five", 2005),
        ("twenty twenty four", 2024),
        ("nineteen hundred", 1900),
        ("seven", 7),
        ("a hundred", 100),
        ("zero", 0),
        ("three million four hundred thousand and one", 3_400_001),
        ("3.5", "3.5"),
        ("three point five", "3.5"),
        ("point two five", "0.25"),
        ("zero point two five", "0.25"),
    ],
)
def test_a_number_is_read(text, value):
    assert read(text) == [Number(Fraction(value))]
    [run] = number_runs(stems_of(text))
    assert run.number == Number(Fraction(value))


@pytest.mark.parametrize(("text", "value"), [("21st", 21), ("twenty-first", 21), ("one hundredth", 100), ("2nd", 2)])
def test_an_ordinal_is_read(text, value):
    assert read(text) == [Number(Fraction(value), is_ordinal=True)]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("twelve thirty", [12, 30]),
        ("one two three", [1, 2, 3]),
        ("between 7 and eight", [7, 8]),
        ("hundred and a point", []),
        ("the one", [1]),
        ("abc123 1.2.3 " + "9" * 50, []),
    ],
)
def test_several_numbers_are_read(text, values):
    assert [int(number.value) for number in read(text)] == values


def test_numbers_are_spelled_in_every_usual_way():
    assert spelled(1972) == {
        "1972", "1,972", "nineteen seventy two", "nineteen hundred seventy two", "nineteen hundred and seventy two",
        "one thousand nine hundred seventy two", "one thousand nine hundred and seventy two",
        "a thousand nine hundred seventy two", "a thousand nine hundred and seventy two",
    }  # fmt: skip
    assert spelled(7) == {"7", "seven"}
    assert spelled(21, is_ordinal=True) == {"21st", "twenty first"}
    assert spelled(112, is_ordinal=True) >= {"112th", "one hundred twelfth"}
    assert spelled(1970, is_decade=True) >= {"1970s", "nineteen seventies"}
    assert spelled("3.25") == {"3.25", "three point two five"}
    assert spelled(END) == set()


@given(st.one_of(st.integers(0, 3000), st.integers(0, END - 1)), st.booleans())
def test_every_spelling_is_read_as_the_number(value, is_ordinal):
    number = Number(Fraction(value), is_ordinal)
    for words in spellings(NumberRun(0, 1, number)):
        assert [run.number for run in number_runs(words)] == [number]
        assert [run.number for run in number_runs(stems_of(" ".join(words)))] == [number]


@given(st.decimals(0, 10_000, places=3))
def test_every_spelling_of_a_fraction_is_read(value):
    number = Number(Fraction(value))
    for words in spellings(NumberRun(0, 1, number)):
        assert [run.number for run in number_runs(words)] == [number]


@given(st.text())
def test_any_text_can_be_read(text):
    words = words_of(text)
    for run in number_runs(words):
        assert 0 <= run.start < run.end <= len(words)
        assert run.number.value >= 0
