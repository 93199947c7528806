"""Moments start and end with the sentences that are said in them."""

import pytest

from hearsight.library import Library
from hearsight.library.cut_lists import cut_at_sentences
from hearsight.library.cut_lists.sentences import sentence_at
from hearsight.library.results import MarkedLine
from tests.library.conftest import film, say


def lines(*rows):
    return [MarkedLine(start, end, text, []) for start, end, text in rows]


PUNCTUATED = lines(
    (0.0, 2.0, "Good morning."), (2.0, 4.0, "Ask not what"), (4.0, 6.0, "your country can do"), (6.5, 8.0, 'for you!"'),
    (8.0, 9.0, "Ask what you"), (12.0, 13.0, "said the man"), (15.0, 16.0, "你好。"),
)  # fmt: skip
PLAIN = lines((0.0, 2.0, "good morning"), (2.0, 4.0, "ask not what"))


@pytest.mark.parametrize(
    ("rows", "moment", "expected"),
    [
        (PUNCTUATED, 0.0, (0.0, 2.0)),
        (PUNCTUATED, 2.0, (2.0, 8.0)),
        (PUNCTUATED, 5.0, (2.0, 8.0)),
        (PUNCTUATED, 7.9, (2.0, 8.0)),
        (PUNCTUATED, 8.5, (8.0, 9.0)),
        (PUNCTUATED, 12.5, (12.0, 13.0)),
        (PUNCTUATED, 15.5, (15.0, 16.0)),
        (PUNCTUATED, 6.2, None),
        (PUNCTUATED, 100.0, None),
        (PLAIN, 3.0, (2.0, 4.0)),
        ([], 0.0, None),
    ],
)
def test_a_sentence_goes_from_stop_to_stop(rows, moment, expected):
    assert sentence_at(rows, moment) == expected


def test_a_sentence_has_a_longest_length():
    rows = lines(*((float(i), i + 1.0, "and so on") for i in range(1000)), (1000.0, 1001.0, "the end."))
    assert sentence_at(rows, 500.0) == (440.0, 560.0)


def test_hits_are_cut_at_sentences(tmp_path, model):
    film(tmp_path / "talk.mkv", 8)
    say(tmp_path / "talk.srt", "Good morning.", "Ask not what", "your country can do.", "Good night.")
    film(tmp_path / "silent.mkv", 4, seed=1)
    library = Library.create(tmp_path, model, seconds=2)
    library.update(recogniser="none")
    result = library.search("ask not what your country can do")
    cut = {hit.path.name: (hit.start, hit.end) for hit in cut_at_sentences(library, result).hits}
    before = {hit.path.name: (hit.start, hit.end) for hit in result.hits}
    assert cut["talk.mkv"] == (2.0, 6.0) != before["talk.mkv"] and cut["silent.mkv"] == before["silent.mkv"]
