# ruff: noqa: RUF001
"""Films in many languages are found by their words, however these are typed; also in libraries of earlier formats."""

import json
import unicodedata

import lance
import pytest
from lancedb.index import FTS

import hearsight
from hearsight.library import Library
from hearsight.library.indexing import words as adding
from tests.library.conftest import film, rows, say

FILMS = {  # the line, and what must find it
    "curly": ("The doctor\u2019s bicycle isn\u2019t here", ["doctor", "doctor's", "isn't", '"doctor\'s bicycle"']),
    "elision": ("Nous allons à l'école demain", ["école", "ecole", "écoles", '"à l\u2019ecole"']),
    "accents": ("I sent my résumé to Beyoncé", ["resume", "résumé", "beyonce", '"my resume to Beyonce"']),
    "decomposed": (unicodedata.normalize("NFD", "the café is naïve"), ["café", "cafe", "naive", '"cafe is naïve"']),
    "marks": ("\u202bהרופא איבד את האופניים\u202c", ["האופניים", '"את האופניים"']),
    "german": ("Wir fahren morgen über die Brücken", ["ueber", "uber", "über", "bruecke", '"über die bruecken"']),
    "russian": ("Доктор вчера потерял свой велосипед", ["велосипеды", "доктора"]),
}
WORDS = [(name, query) for name, (_, queries) in FILMS.items() for query in queries]
INDEX_OF_FORMAT_4 = FTS(base_tokenizer="icu", remove_stop_words=False, max_token_length=None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make(tmp_path_factory.mktemp("languages") / "films")


def make(folder):
    for number, (name, (line, _)) in enumerate(FILMS.items()):
        film(folder / f"{name}.mkv", 2, seed=number)
        say(folder / f"{name}.srt", line)
    hearsight.index(folder, model="none", recogniser="none")
    return folder


@pytest.fixture(scope="module", params=["on disk", "in memory"])
def library(request, folder):
    return Library.open(folder, in_memory=request.param == "in memory")


def films_with(library, query):
    return {hit.path.stem for hit in library.search(query, mode="speech").hits if hit.words > 0.3}


@pytest.mark.parametrize(("name", "query"), WORDS)
def test_a_film_is_found_by_its_words(library, name, query):
    assert name in films_with(library, query)


@pytest.mark.parametrize("query", ["завтра будет дождь", "מחר יירד גשם", "明日は雨です"])
def test_lines_in_the_same_letters_are_no_match_without_the_words(library, query):
    assert not library.search(query).matched


def test_words_are_marked_as_they_stand_in_the_line(library):
    marked = {}
    for query in ("doctors", "ecole", "resume", "cafe", "האופניים", "bruecke"):
        [hit] = [hit for hit in library.search(query, mode="speech").hits if hit.words > 0.3]
        marked[query] = [hit.line[start:end] for start, end in hit.spans]
    assert marked == {
        "doctors": ["doctor\u2019s"],
        "ecole": ["école"],
        "resume": ["résumé"],
        "cafe": [unicodedata.normalize("NFD", "café")],
        "האופניים": ["האופניים"],
        "bruecke": ["Brücken"],
    }


def test_the_language_of_a_transcript_is_told_by_its_words(folder):
    videos = {row["path"]: row["language"] for row in rows(Library.open(folder))[0]}
    assert videos["elision.mkv"] == "fr" and videos["german.mkv"] == "de" and videos["marks.mkv"] == "he"


def test_a_word_that_is_said_nowhere_is_corrected_in_its_language(library):
    assert library.search("brueken", mode="speech").suggestions[:1] == ["brucken"]
    assert library.search("велосипд", mode="speech").suggestions[:1] == ["велосипед"]


def make_format_4(folder):
    """Take the words out of a library, as an older Hearsight has written it."""
    store = Library.open(folder)._store
    store.clips.drop_columns(["words"])
    store.clips.create_index("transcript", config=INDEX_OF_FORMAT_4)
    record = store.location / "library.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), "format": 4}))
    return Library.open(folder)


@pytest.mark.parametrize("in_memory", [False, True])
def test_a_library_of_an_earlier_format_gets_the_words(tmp_path, monkeypatch, in_memory):
    folder = make(tmp_path / "films")
    complete = rows(Library.open(folder))
    make_format_4(folder)
    old = Library.open(folder, in_memory=in_memory)
    for query in ("bicycles", '"nous allons"', "велосипед", "allons -demain", "25 bicycle"):
        assert films_with(old, query) == films_with(Library.open(folder), query)
    assert films_with(old, "bicycles") == {"curly"} and films_with(old, '"nous allons"') == {"elision"}
    assert old.search("bicylce", mode="speech").suggestions[:1] == ["bicycle"]

    def stop(*arguments, **options):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(lance.LanceDataset, "add_columns", stop)
        with pytest.raises(hearsight.HearsightError):
            old.update(recogniser="none")
    assert films_with(Library.open(folder), "bicycles") == {"curly"}
    assert old.update(recogniser="none").unchanged == len(FILMS)
    assert rows(Library.open(folder)) == complete
    for name, query in WORDS:
        assert name in films_with(Library.open(folder, in_memory=in_memory), query)
    assert json.loads((folder / ".hearsight" / "library.json").read_text())["format"] == 5
    assert adding.add_words(old._store, old.identity) is None  # there is nothing left to do
