"""A question's phrases and exclusions hold for every hit, on disk and in memory, in one library and in several."""

import pytest

from hearsight.errors import HearsightError
from hearsight.library import Collection, Library
from tests.library.conftest import add_made_up, film, say

LINES = {
    "party.mkv": ("Happy BIRTHDAY to you", "we have café crème"),
    "wishes.mkv": ("a birthday, and a happy one", "I don\u2019t want cakes"),
    "news.mkv": ("in nineteen seventy-two", "the 2nd election"),
    "silent.mkv": (),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory, model):
    folder = tmp_path_factory.mktemp("asking") / "films"
    for seed, (name, lines) in enumerate(LINES.items()):
        film(folder / name, 4, seed=seed)
        if lines:
            say((folder / name).with_suffix(".srt"), *lines)
    Library.create(folder, model, cut="file").update(recogniser="none")
    return folder


@pytest.fixture(scope="module", params=["on disk", "in memory", "collection"])
def library(request, folder, model):
    if request.param == "collection":
        return Collection({"films": Library.open(folder)}, model)
    return Library.open(folder, model=model, in_memory=request.param == "in memory")


def names(library, query, **options):
    return {hit.path.stem for hit in library.search(query, **options).hits}


@pytest.mark.parametrize("mode", ["hybrid", "dense", "speech"])
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ('"happy birthday"', {"party"}),
        ("“happy birthday”", {"party"}),
        ('"birthday"', {"party", "wishes"}),
        ('"CAFE CREME"', {"party"}),
        ('"birthday" "happy one"', {"wishes"}),
        ('"happy birthday" "happy one"', set()),
        ('birthday "don\'t want"', {"wishes"}),
        ('"in 1972"', {"news"}),
        ('"second election"', {"news"}),
        ('"birthdays"', set()),
        ('"nobody says this"', set()),
        ('said: "birthday" -cake', {"party"}),
    ],
)
def test_a_phrase_must_be_said(library, query, expected, mode):
    assert names(library, query, mode=mode) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("a picture -birthday", {"news", "silent"}),
        ("a picture -cake", {"party", "news", "silent"}),
        ('a picture -"cake"', {"party", "wishes", "news", "silent"}),
        ('a picture -"happy birthday"', {"wishes", "news", "silent"}),
        ("a picture -birthday -seventy", {"silent"}),
        ("a picture said:-birthday", {"news", "silent"}),
        ("seen: a picture -said:birthday", {"news", "silent"}),
        ("a picture -nobodysaysthis", {"party", "wishes", "news", "silent"}),
    ],
)
def test_an_exclusion_is_not_said(library, query, expected):
    assert names(library, query) == expected
    assert names(library, query, mode="dense") == expected


def test_a_number_is_found_however_it_is_spelled(library):
    for query in ("1972", "nineteen seventy-two"):
        hits = library.search(query, mode="speech").hits
        assert [hit.path.stem for hit in hits] == ["news"]
        assert [hits[0].line[start:end] for start, end in hits[0].spans] == ["nineteen seventy-two"]
    assert names(library, "second", mode="speech") == {"news"}
    assert names(library, "1970", mode="speech") == set()


def test_what_is_seen_is_not_looked_for_in_transcripts(library):
    assert all(hit.words == 0 for hit in library.search("seen: birthday").hits)
    assert library.search("said: birthday").hits[0].words > 0
    with pytest.raises(HearsightError, match="no words to search transcripts for"):
        library.search("seen: birthday", mode="speech")
    with pytest.raises(HearsightError, match="no picture of this library has been read"):
        library.search("read: exit")


def test_the_query_is_returned_as_it_was_typed(library):
    assert library.search('seen: a  dog "Happy birthday"').query == 'seen: a  dog "Happy birthday"'


def test_marks_and_moments_take_questions(library):
    hit = library.search('"happy birthday"').hits[0]
    line = library.transcript(hit, 'birthday -cake said: "happy birthday"').lines[0]
    assert [line.text[start:end] for start, end in line.spans] == ["Happy", "BIRTHDAY"]
    assert len(library.moments(hit, 'birthday -cake "happy birthday"')) == 1


@pytest.mark.parametrize("in_memory", [False, True])
def test_conditions_hold_beyond_the_nearest_clips(tmp_path, model, in_memory):
    library = Library.create(tmp_path, model)
    library._store.create(model)
    add_made_up(library._store, model, videos=300, clips=1, seed=1, said="so much noise here")
    add_made_up(library._store, model, videos=2, clips=1, seed=2, said="much noise so here")
    library = Library.open(tmp_path, model=model, in_memory=in_memory)
    assert len(library.search('a bell "much noise so"', limit=20).hits) == 2
    assert len(library.search('"so much"', limit=400).hits) == 300
    assert len(library.search("a bell -noises", limit=20).hits) == 0
    assert len(library.search('a bell -"so much noise"', limit=20).hits) == 2
