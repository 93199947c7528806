"""What is read in pictures is found by words and by meaning, on disk and in memory, in one library and in several."""

import pytest

import hearsight
from hearsight.errors import HearsightError
from hearsight.experts.calibration import LIKELY, confidence
from hearsight.library import Collection, Filters, Library
from tests.library.conftest import say
from tests.library.greys import EMPTY, TEXTS, Greys, slides

READS = confidence(LIKELY)


@pytest.fixture(scope="module")
def patch():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hearsight.ocr.load.load_reader", lambda name: Greys())
        yield patch


@pytest.fixture(scope="module")
def folder(tmp_path_factory, patch):
    """A talk with two slides, of which one is also spoken of; a sign; and films without text or speech."""
    folder = tmp_path_factory.mktemp("reading") / "films"
    slides(folder / "talk.mkv", 40, 120)
    slides(folder / "sign.mkv", 80)
    slides(folder / "spoken.mkv", EMPTY)
    say(folder / "spoken.srt", "the exit is behind you", "our budget grows")
    for number in range(4):
        slides(folder / f"empty{number}.mkv", EMPTY + number)
    hearsight.index(folder, model="none", recogniser="none", seconds=4, read=True)
    return folder


@pytest.fixture(scope="module")
def unread(tmp_path_factory, patch):
    folder = tmp_path_factory.mktemp("unread") / "others"
    slides(folder / "unread.mkv", 80)
    hearsight.index(folder, model="none", recogniser="none", seconds=4)
    return folder


@pytest.fixture(scope="module", params=["on disk", "in memory", "collection"])
def library(request, folder, unread):
    if request.param == "collection":
        return Collection({"films": Library.open(folder), "others": Library.open(unread)})
    return Library.open(folder, in_memory=request.param == "in memory")


def names(result):
    return [hit.path.stem for hit in result.without_weak().hits]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("read: budget", ["talk"]),
        ("read: income increases", ["talk"]),  # by meaning
        ("read: 'BUDGET' of 2024!", ["talk"]),
        ("said: exit", ["spoken"]),
        ('"doctor lost a yellow"', ["talk"]),  # from one line to the next
        ('read: "grows"', ["talk"]),
        ('said: "grows"', ["spoken"]),
        ("read: exit -exit", []),
        ("read: budget -read:revenue", []),
        ("read: budget -said:revenue", ["talk"]),
        ("read: twenty twenty-four", ["talk"]),
        ("read: submarine", []),
        ("read: budget read: exit", []),
    ],
)
def test_a_query_finds_what_is_read(library, query, expected):
    assert names(library.search(query)) == expected


def test_a_query_for_writing_asks_for_what_is_read_first(library):
    assert names(library.search("a sign that says exit"))[0] == "sign"


def test_words_without_a_prefix_find_what_is_said_and_what_is_read(library):
    assert set(names(library.search("exit"))) == {"sign", "spoken"}
    assert set(names(library.search('"exit"'))) == {"sign", "spoken"}
    assert names(library.search("revenue grows by 12 percent"))[0] == "talk"


def test_a_hit_tells_what_is_read_when_and_where(library):
    hit = library.search("read: yellow bicycle").hits[0]
    assert (hit.path.name, hit.start) == ("talk.mkv", 4) and hit.match == "strong"
    assert hit.text == "a yellow bicycle" and hit.text_spans == [(2, 8), (9, 16)] and hit.read == 1
    assert (hit.seen, hit.heard, hit.said, hit.line) == (0, 0, 0, "")
    assert hit.moment == pytest.approx(6, abs=0.01)
    by_expert = {one.expert: one for one in hit.evidence}
    assert by_expert.keys() == {"words", "wordllama"} and {one.sense for one in hit.evidence} == {"read"}
    assert by_expert["words"].line == by_expert["wordllama"].line == "a yellow bicycle"
    assert by_expert["words"].box == pytest.approx([0.1, 0.2, 0.5, 0.3])
    assert hit.confidence > READS and by_expert["words"].confidence > READS


def test_what_is_said_is_no_text(library):
    [hit] = library.search("said: budget").without_weak().hits
    assert hit.path.name == "spoken.mkv" and hit.text == "" and hit.read == 0
    assert all(one.sense == "said" and one.box is None for one in hit.evidence)


@pytest.mark.parametrize("mode", ["dense", "speech"])
def test_other_modes_do_not_read(library, mode):
    assert "sign" not in names(library.search("exit", mode=mode))


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(path="sign*"), []),
        (Filters(to_seconds=3), ["talk"]),
        (Filters(from_seconds=4), []),
        (Filters(has_sound=False), ["talk"]),
        (Filters(has_speech=True), []),
    ],
    ids=["path", "to", "from", "without sound", "with speech"],
)
def test_filters_hold(library, filters, expected):
    assert names(library.search("read: budget", filters=filters)) == expected


def test_moments_of_a_video_have_their_texts(library):
    hit = library.search("read: budget").hits[0]
    first, second = library.moments(hit, "read: budget")
    assert (first.rank, first.text, second.rank) == (1, "Budget 2024", 2) and first.read == 1 > second.read


def test_a_misspelt_word_is_corrected_to_what_is_read(library):
    assert library.search("read: persent").suggestions == ["read: percent"]
    assert library.search("percant").suggestions == ["percent"]


def test_where_nothing_is_read_a_person_is_told_how_to_begin(unread):
    library = Library.open(unread)
    with pytest.raises(HearsightError, match="no picture of this library has been read; leave out read:, or read the"):
        library.search("read: exit")
    result = library.search("a sign that says exit")
    assert not result.matched and any("index FOLDER --read" in note for note in result.notes)


def test_the_reader_is_not_needed_to_search(folder, patch, monkeypatch):
    monkeypatch.setattr("hearsight.ocr.load.load_reader", None)  # calling it would raise
    assert names(Library.open(folder).search("read: exit")) == ["sign"]


def test_results_are_the_same_in_memory(folder):
    libraries = [Library.open(folder, in_memory=in_memory) for in_memory in (False, True)]
    for query in ("exit", "read: income", f"read: {TEXTS[40][0]}"):
        on_disk, in_memory = (library.search(query) for library in libraries)
        assert [hit.clip for hit in on_disk.hits] == [hit.clip for hit in in_memory.hits]
        assert [hit.score for hit in on_disk.hits] == pytest.approx([hit.score for hit in in_memory.hits], abs=1e-3)
        assert [hit.text for hit in on_disk.hits] == [hit.text for hit in in_memory.hits]
