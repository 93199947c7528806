"""What a result is worth, on the bundled clips with the bundled model, and on clips that are made to be hard."""

import shutil

import numpy as np
import pytest

import hearsight
from hearsight.errors import HearsightError
from hearsight.library import Filters, Library
from hearsight.library.tables.calibration_file import FILE
from hearsight.research.soundstage.sound_events import sound_event
from tests.library.conftest import film, say, tiny_model
from tests.media_files import make_media

NONSENSE = [
    "submarine invoice", "quantum toaster etiquette", "purple arithmetic", "left-handed soup grammar",
    "the square root of jealousy", "velvet tax return", "parliament of staplers", "bureaucratic marmalade",
]  # fmt: skip


def picture_film(path, seed, sound):
    random = np.random.default_rng(seed)
    pictures = [np.full((48, 64, 3), random.integers(0, 255, 3), np.uint8)] * 16
    make_media(path, pictures, [i / 4 for i in range(16)], [sound])


@pytest.fixture(scope="module")
def kennel(tmp_path_factory):
    """Films in one of which a dog barks, and in another of which someone speaks of a dog."""
    folder = tmp_path_factory.mktemp("kennel")
    random = np.random.default_rng(0)
    events = {"bark": "bark", "talk": "waves", "rain": "rain", "bell": "bell", "siren": "siren", "horn": "horn"}
    for seed, (name, event) in enumerate(events.items()):
        picture_film(folder / f"{name}.mkv", seed, sound_event(event, 4.0, random, -20.0))
    say(folder / "talk.srt", "my dog ran away", "and I miss that dog")
    say(folder / "bell.srt", "the doctor lost his bicycle", "and walked home")
    say(folder / "rain.srt", "they parked the car")
    library = Library.create(folder, hearsight.load("demo"), cut="file", name="demo")
    library.update(recogniser="none")
    return library


def test_a_bark_ranks_above_someone_who_says_dog(kennel):
    result = kennel.search("a dog barking")
    assert result.hits[0].path.name == "bark.mkv" and result.hits[0].match != "weak"
    assert result.hits[0].heard > 0 and result.hits[0].evidence[0].sense == "heard"


def test_a_line_is_found_by_its_meaning_and_explained(kennel):
    hit = kennel.search("a physician cannot find his bike").hits[0]
    assert (hit.path.name, hit.line, hit.moment) == ("bell.mkv", "the doctor lost his bicycle", 0)
    assert hit.match != "weak" and "wordllama" in [evidence.expert for evidence in hit.evidence]


def test_a_familiar_word_of_a_query_with_a_match_is_not_corrected(kennel):
    assert kennel.search("a dog barking").suggestions == []  # though "parked" is said
    assert kennel.search("a bicyle").suggestions == ["a bicycle"]


@pytest.mark.parametrize("query", NONSENSE)
def test_nonsense_matches_nothing_and_has_empty_bars(kennel, query):
    result = kennel.search(query)
    assert not result.matched and result.matches == 0
    assert {(hit.seen, hit.heard, hit.said, hit.match) for hit in result.hits} == {(0, 0, 0, "weak")}


@pytest.mark.parametrize("query", ["a", "word " * 10_000, "🐕", "狗在叫", "a cow moos"])
def test_odd_queries_have_an_answer(kennel, query):
    assert all(0 <= hit.confidence <= 1 for hit in kennel.search(query).hits)


@pytest.mark.parametrize(("mode", "experts"), [("dense", {"model"}), ("speech", {"words"})])
def test_evidence_is_of_the_experts_that_the_mode_asks(kennel, mode, experts):
    hits = kennel.search("the doctor lost his bicycle", mode=mode).hits
    assert {evidence.expert for hit in hits for evidence in hit.evidence} <= experts


def test_all_parts_of_a_question_must_hold(kennel):
    both = kennel.search("heard: a bell rings said: the doctor lost his bicycle").hits
    wrong = kennel.search("heard: a dog barks said: the doctor lost his bicycle").hits
    assert both[0].path.name == "bell.mkv" and both[0].score > wrong[0].score


@pytest.mark.parametrize("mode", ["hybrid", "dense", "speech"])
def test_the_number_of_matches_does_not_depend_on_the_page(kennel, mode):
    counts = {kennel.search("a dog", mode=mode, limit=limit).matches for limit in (1, 3, 100)}
    assert len(counts) == 1


@pytest.mark.parametrize(
    "filters",
    [Filters(), Filters(from_seconds=2.5), Filters(to_seconds=1), Filters(has_sound=True), Filters(has_speech=True)],
)
def test_scores_do_not_depend_on_the_way_of_searching(kennel, filters):
    in_memory = Library.open(kennel.folder, in_memory=True, model=kennel.model)
    for query in ("a dog barking", "said: a lost bike", "seen: a dog heard: rain", "a walk said: a lost bike"):
        for _ in range(2):  # the second time, windows are in memory
            on_disk, loaded = (
                {hit.clip: hit.score for hit in each.search(query, filters=filters).hits}
                for each in (kennel, in_memory)
            )
            assert on_disk == pytest.approx(loaded, abs=1e-3) and len(on_disk)


def test_a_library_without_calibration_says_that_it_knows_no_meanings(kennel, tmp_path):
    shutil.copytree(kennel.folder, tmp_path / "kennel")
    (tmp_path / "kennel" / ".hearsight" / FILE).unlink()
    old = Library.open(tmp_path / "kennel", model=kennel.model)
    assert "not by its meaning" in old.search("a bike").notes[0] and old.search("a bike", mode="dense").notes == []


def test_a_word_that_is_said_is_a_match(kennel):
    assert kennel.search("bicycle").matched and kennel.search("bicycle", mode="speech").matched


@pytest.fixture(scope="module")
def deaf(tmp_path_factory):
    """A film with a model that sees only."""
    folder = tmp_path_factory.mktemp("deaf")
    film(folder / "films" / "bell.mkv", 4)
    library = Library.create(folder / "films", tiny_model(folder / "model", "clip4clip"), seconds=2)
    library.update(recogniser="none")
    return library


def test_a_model_that_cannot_hear_says_so(deaf):
    assert "nothing in this library is heard" in deaf.search("a dog barking").notes[0]
    assert deaf.search("a red car").notes == deaf.search("a dog barking", mode="speech").notes == []
    with pytest.raises(HearsightError, match="nothing in this library is heard"):
        deaf.search("heard: a dog")


@pytest.mark.parametrize("copies", [1, 12])
def test_a_clip_alone_and_its_copies_match_no_nonsense(tmp_path, copies):
    (tmp_path / "films").mkdir()
    for number in range(copies):
        picture_film(tmp_path / "films" / f"{number}.mkv", 0, sound_event("rain", 4.0, np.random.default_rng(0), -20.0))
    say(tmp_path / "films" / "0.srt", "the doctor lost his bicycle")
    library = Library.create(tmp_path / "films", hearsight.load("demo"), cut="file", name="demo")
    library.update(recogniser="none")
    assert not any(library.search(query).matched for query in NONSENSE)
    assert library.search("a physician cannot find his bike").matched


def test_windows_that_cannot_be_read_are_derived_again(kennel, tmp_path):
    shutil.copytree(kennel.folder, tmp_path / "kennel")
    for file in (tmp_path / "kennel" / ".hearsight" / "windows-wordllama.lance" / "data").iterdir():
        file.write_bytes(b"damaged")
    with pytest.raises(
        HearsightError, match=r"derive them again, .* with: hearsight repair FOLDER, and then: hearsight"
    ):
        Library.open(tmp_path / "kennel", model=kennel.model).search("a bike")
    Library.open(tmp_path / "kennel").repair()
    Library.open(tmp_path / "kennel", model=kennel.model).update(recogniser="none")
    assert Library.open(tmp_path / "kennel", model=kennel.model).search("a physician cannot find his bike").matched


def test_a_library_of_one_clip_and_of_copies(tmp_path):
    model = tiny_model(tmp_path / "model", "clip4clip")
    for count in (1, 12):
        folder = tmp_path / f"copies{count}"
        for number in range(count):
            film(folder / f"{number}.mkv", 2)
        library = Library.create(folder, model)
        library.update(recogniser="none")
        hits = library.search("a dog").hits
        assert len({round(hit.score, 6) for hit in hits}) == 1 and all(0 <= hit.confidence <= 1 for hit in hits)
