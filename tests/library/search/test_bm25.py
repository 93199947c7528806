"""Transcripts in memory get the same scores as in the full-text index on disk."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hearsight.library.search.bm25 import Postings
from hearsight.library.search.query_words import Query
from hearsight.library.words.indexed_words import alternatives, stems_of_rows
from tests.library.conftest import film, say

LINES = [
    ["the doctor lost", "a yellow bicycle"],
    ["the doctor and the doctor and the doctor"],
    ["ask not what your country can do for you", "ask what you can do"],
    ["a bell rings", "a bell rings again", "and again"],
]


@pytest.fixture(scope="module")
def store(tmp_path_factory, model):
    from hearsight.library import Library

    folder = tmp_path_factory.mktemp("films")
    for number, lines in enumerate(LINES):
        film(folder / f"{number}.mkv", 6, seed=number)
        say(folder / f"{number}.srt", *lines)
    library = Library.create(folder, model, seconds=2)
    library.update(recogniser="none")
    return library._store


@pytest.mark.parametrize("text", ["doctor", "the doctor lost a bicycle", "ask what a bell can do", "again and again"])
def test_scores_are_those_of_the_index_on_disk(store, text):
    query = Query(text)
    table = store.rows("true", ["id", "words"])
    ids = table["id"].to_pylist()
    stems = query.search_stems(["en"])
    scores = Postings(list(map(alternatives, stems_of_rows(table, "transcript")))).bm25(stems)
    matches = store.matching(" ".join(stems), ["id"], 100, None)
    on_disk = dict(zip(matches["id"].to_pylist(), matches["_score"].to_pylist(), strict=True))
    assert on_disk.keys() == {id for id, score in zip(ids, scores, strict=True) if score > 0}
    np.testing.assert_allclose([scores[ids.index(id)] for id in on_disk], list(on_disk.values()), rtol=1e-4)


@settings(max_examples=50)
@given(st.lists(st.lists(st.sampled_from("abcde"), max_size=6), max_size=6), st.sets(st.sampled_from("abcdef")))
def test_scores_are_positive_only_for_transcripts_with_a_word(transcripts, query_stems):
    scores = Postings(transcripts).bm25(query_stems)
    assert [score > 0 for score in scores] == [bool(query_stems.intersection(words)) for words in transcripts]
