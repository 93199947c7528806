"""A word that is said nowhere is corrected to one that is, on disk and in memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hearsight.library import Collection, Library
from hearsight.library.search.edit_distance import edit_distance
from tests.library.conftest import film, say

LINES = ("happy birthday to you", "the bicycles of my cousin Zebediah", "доктор потерял велосипед")


@pytest.fixture(scope="module")
def folder(tmp_path_factory, model):
    folder = tmp_path_factory.mktemp("near") / "films"
    film(folder / "party.mkv", 6)
    say(folder / "party.srt", *LINES)
    film(folder / "silent.mkv", 2, seed=1)
    Library.create(folder, model, seconds=2).update(recogniser="none")
    return folder


@pytest.fixture(scope="module", params=["on disk", "in memory", "collection"])
def library(request, folder, model):
    if request.param == "collection":
        return Collection({"films": Library.open(folder)}, model)
    return Library.open(folder, model=model, in_memory=request.param == "in memory")


@pytest.mark.parametrize(
    ("query", "suggestion"),
    [
        ("birhday", "birthday"),
        ("Brithday party", "birthday party"),
        ("said: birhday -cake", "said: birthday -cake"),
        ('"hapy birthday"', '"happy birthday"'),
        ("bicylce", "bicycles"),
        ("zebedia", "zebediah"),
        ("велосипд", "велосипед"),
        ("happy birthday to you -cuosin", "happy birthday to you -cousin"),
        ('said: birthday -"my cuosin"', 'said: birthday -"my cousin"'),
        ("birhday said:-cuosin", "birthday said:-cousin"),
        ("cuosin said: birthday -cuosinn", "cousin said: birthday -cuosinn"),
    ],
)
def test_a_mistyped_word_is_corrected(library, query, suggestion):
    assert library.search(query).suggestions[0] == suggestion
    assert library.search(query, mode="speech").suggestions[0] == suggestion
    assert library.search(query, mode="dense").suggestions == []


@pytest.mark.parametrize(
    "query",
    ["a" * 300, "donaudampfschifffahrtsgesellschaftskapitaensmuetze",
     "birthday", "birthdays", "bicycle", "x", "cusn", "a", "seen: birhday", "happy birthday birhday to you",
     "x1birthda", "submarine", "lirthday", "医生", "😀", "birthday birthdayy", "happy birthday to you -cake",
     "my cousin -cuosin", "happy birthday to you -birthdayy", "birhday -birthday"],
)  # fmt: skip
def test_nothing_is_suggested_without_need_or_likeness(library, query):
    assert library.search(query).suggestions == []


@given(st.text("abc", max_size=6), st.text("abc", max_size=6), st.integers(0, 3))
def test_the_edit_distance_is_symmetric_and_limited(a, b, limit):
    distance = edit_distance(a, b, limit)
    assert distance == edit_distance(b, a, limit) <= limit + 1
    assert (distance == 0) == (a == b)


@pytest.mark.parametrize(
    ("a", "b", "distance"),
    [("bell", "belt", 1), ("bell", "bel", 1), ("bell", "blel", 1), ("bell", "bellow", 2), ("bell", "cell", 3)],
)
def test_edits(a, b, distance):
    assert edit_distance(a, b, 2) == distance
