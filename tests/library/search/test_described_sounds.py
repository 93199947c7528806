# ruff: noqa: RUF001
"""Sounds that subtitles describe are found as heard, on disk, in memory and in several libraries."""

import numpy as np
import pytest

import hearsight
from hearsight.errors import HearsightError
from hearsight.experts.calibration import LIKELY, confidence
from hearsight.library import Collection, Filters, Library
from tests.library.conftest import film, say

HEARS = confidence(LIKELY)
INDEX = {"model": "none", "recogniser": "none", "meaning": "none", "seconds": 2}
# The subtitles of films, two seconds a line; the language is in the name.
FILMS = {
    "dog.en": ["Come in, please", "[dog barking]\nSit down now", "the weather is fine"],
    "witness.en": ["I heard a dog barking", "in the garden last night", "and a phone"],
    "storm.en": ["what a day", "(thunder rumbling\nin the distance)", "*sighs*"],
    "song.en": ["♪ Happy birthday to you ♪", "dear friends", "[APPLAUSE]"],
    "names.en": ["[JOHN] Good morning", "[MARY, laughing] Hello", "GEORGE: The bell is broken"],
    "french.fr": ["[aboiements de chien] Silence", "nous allons à la plage", "♪"],
    "japanese.ja": ["（犬の鳴き声）", "静かにして", "【電話のベル】"],
    "polish.pl": ["[pies szczeka] Cicho", "dzień dobry", "do widzenia"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("described") / "films"
    for number, (name, lines) in enumerate(FILMS.items()):
        stem = name.partition(".")[0]
        film(folder / f"{stem}.mkv", 6, seed=number)
        say(folder / f"{name}.srt", *lines)
    hearsight.index(folder, **INDEX)
    return folder


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A folder whose subtitles describe nothing."""
    folder = tmp_path_factory.mktemp("plain") / "others"
    film(folder / "plain.mkv", 4, seed=50)
    say(folder / "plain.srt", "the dog of my neighbour", "barks at night")
    hearsight.index(folder, **INDEX)
    return folder


@pytest.fixture(scope="module", params=["on disk", "in memory", "collection"])
def library(request, folder, plain):
    if request.param == "collection":
        return Collection({"films": Library.open(folder), "others": Library.open(plain)})
    return Library.open(folder, in_memory=request.param == "in memory")


def moments(result):
    return [(hit.path.stem, hit.start) for hit in result.without_weak().hits]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("heard: a dog barks", [("dog", 2)]),
        ("heard: dogs barking", [("dog", 2)]),
        ("heard: BARK", [("dog", 2)]),
        ("heard: the sound of thunder", [("storm", 2)]),
        ("heard: rumbling in the distance", [("storm", 2)]),
        ("heard: sigh", [("storm", 4)]),
        ("heard: applause", [("song", 4)]),
        ("heard: someone laughs", [("names", 2)]),
        ("heard: happy birthday", [("song", 0)]),
        ("heard: music", [("song", 0), ("french", 4)]),
        ("heard: ♪", [("song", 0), ("french", 4)]),
        ("heard: musique", [("french", 4)]),
        ("heard: aboiement", [("french", 0)]),
        ("heard: chiens", [("french", 0)]),
        ("heard: 犬", [("japanese", 0)]),
        ("heard: ベル", [("japanese", 4)]),
        ("heard: pies szczeka", [("polish", 0)]),
        # Who speaks, and what is said of sounds, is no sound.
        ("heard: john", []),
        ("heard: george", []),
        ("heard: a phone", []),
        ("heard: a bell", []),
        ("heard: good morning", []),
        ("heard: a cat meows", []),
        # What is described is not said, but may be asked for word by word.
        ("said: dog barking", [("witness", 0)]),
        ("said: applause", []),
        ("said: laughing", []),
        ("said: thunder", []),
        ("said: happy birthday", [("song", 0)]),
        ("said: john", [("names", 0)]),
        ('"thunder rumbling in"', [("storm", 2)]),
        ('said: "thunder rumbling"', []),
        ('said: "dog barking"', [("witness", 0)]),
        ('"sit down"', [("dog", 2)]),
        ("heard: dog said: sit", [("dog", 2)]),
        ("heard: dog said: thunder", []),
        ("sit -barking", []),
        ("sit -said:barking", [("dog", 2)]),
        ('sit -"dog barking"', []),
        ("-sit heard: a dog barks", []),
    ],
)
def test_a_sound_is_found_where_it_is_described(library, query, expected):
    assert sorted(moments(library.search(query))) == sorted(expected)


def test_plain_words_find_what_is_heard_and_what_is_said(library):
    films = moments(library.search("a dog barks"))
    assert films[0] == ("dog", 2) and ("witness", 0) in films
    assert moments(library.search("applause")) == [("song", 4)]
    assert moments(library.search("pies szczeka")) == [("polish", 0)]


@pytest.mark.parametrize("query", ["heard: a dog barks", "a dog barks", "dog barking"])
def test_a_hit_says_that_it_is_heard_and_not_said(library, query):
    hit = library.search(query).hits[0]
    assert (hit.path.name, hit.start, hit.match) == ("dog.mkv", 2, "strong") and hit.moment == 2
    assert (hit.seen, hit.heard, hit.said, hit.read, hit.words) == (0, 1, 0, 0, 0)
    assert hit.line == "[dog barking] Sit down now" and hit.spans == [(1, 4), (5, 12)]
    [evidence] = hit.evidence
    assert (evidence.expert, evidence.sense, evidence.moment, evidence.line) == ("words", "heard", 2, hit.line)
    assert evidence.confidence > HEARS


def test_what_is_sung_is_said_and_heard(library):
    hit = library.search("happy birthday").hits[0]
    assert hit.path.stem == "song" and hit.heard == hit.said == 1
    assert {one.sense for one in hit.evidence if one.expert == "words"} == {"said", "heard"}


def test_one_word_of_several_is_less_certain_than_all(library):
    every, part = (library.search(query).hits[0] for query in ("heard: thunder rumbling", "heard: thunder"))
    assert every.match == "strong" and part.match == "likely" and 0 < part.heard < every.heard
    assert not library.search("heard: thunder scares seven old sailors").matched


def test_only_the_default_mode_looks_at_descriptions(library):
    for mode in ("speech", "dense"):
        assert ("dog", 2) not in moments(library.search("a dog barks", mode=mode))
    with pytest.raises(HearsightError, match="no subtitles describe sounds"):
        library.search("heard: a dog barks", mode="dense")


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(path="dog*"), [("dog", 2)]),
        (Filters(path="storm*"), []),
        (Filters(to_seconds=2), []),
        (Filters(from_seconds=2), [("dog", 2)]),
        (Filters(has_sound=False), []),
        (Filters(has_speech=True), [("dog", 2)]),
    ],
    ids=["path", "another path", "to", "from", "without sound", "with speech"],
)
def test_filters_hold(library, filters, expected):
    assert moments(library.search("heard: a dog barks", filters=filters)) == expected


def test_a_clip_in_which_nothing_is_said_has_no_speech(library):
    speech = Filters(has_speech=True)
    assert moments(library.search("heard: thunder", filters=speech)) == []
    assert moments(library.search("heard: thunder", filters=Filters(has_speech=False))) == [("storm", 2)]


def test_moments_and_transcripts_tell_what_is_heard(library):
    query = "heard: a dog barks"
    hit = library.search(query).hits[0]
    before, barking, after = library.moments(hit, query)
    assert (barking.rank, barking.heard, before.heard, after.heard) == (1, 1, 0, 0)
    marked = {line.text: line.spans for line in library.transcript(hit, query, around=10).lines}
    assert marked["[dog barking] Sit down now"] == [(1, 4), (5, 12)] and sum(map(len, marked.values())) == 2
    said = library.transcript(hit, "said: dog sit", around=10).lines
    assert [line.spans for line in said] == [[], [(14, 17)], []]


def test_a_misspelt_word_is_corrected_to_what_is_described(library):
    assert library.search("thundr").suggestions == ["thunder"]
    assert library.search("thunder rumbling").suggestions == []
    assert library.search("heard: thundr").suggestions == []


def test_suggested_lines_are_said(folder, plain):
    suggested = Collection({"films": Library.open(folder)}).suggestions()
    assert all("[" not in each.text and "♪" not in each.text for each in suggested)


def test_a_person_is_told_that_nothing_else_is_heard(library, plain):
    [note] = library.search("heard: a cat meows").notes
    assert note.startswith("of what is heard, only the sounds that subtitles describe are found. Add a sound expert")
    assert "said or described by subtitles" in library.search("a red car").notes[0]
    other = Library.open(plain)
    with pytest.raises(HearsightError, match=r"nothing in this library is heard.* and no subtitles describe sounds"):
        other.search("heard: a dog barks")
    assert moments(other.search("dog")) == [("plain", 0)]


def test_nothing_can_be_left_out_of_what_is_heard(library):
    with pytest.raises(HearsightError, match="only what is said or read can be left out"):
        library.search("sit -heard:barking")


def test_results_are_the_same_in_memory(folder):
    on_disk, in_memory = (Library.open(folder, in_memory=each) for each in (False, True))
    for query in ("heard: a dog barks", "a dog barks", "music", "heard: dog said: sit", "thunder -sit", "bicycle"):
        first, second = on_disk.search(query), in_memory.search(query)
        assert [hit.clip for hit in first.hits] == [hit.clip for hit in second.hits]
        np.testing.assert_allclose([hit.score for hit in first.hits], [hit.score for hit in second.hits], atol=1e-5)


def test_confidence_is_measured_by_neutral_queries(tmp_path):
    """In a library where every clip has music, to ask for music says little."""
    folder = tmp_path / "concerts"
    for number in range(8):
        film(folder / f"concert{number}.mkv", 2, seed=number)
        say(folder / f"concert{number}.srt", "[music playing]" if number else "[music playing and a siren howls]")
    library = hearsight.index(folder, **INDEX)
    nulls = library.info().location / "calibration.json"
    assert '"described"' in nulls.read_text()
    siren, music = library.search("heard: a siren howls").hits[0], library.search("heard: loud music").hits[0]
    assert siren.confidence > music.confidence
