"""A library whose model neither sees nor hears: in memory and on disk, by example, with a sound expert, and large."""

import numpy as np
import pytest

import hearsight
from hearsight.library import Collection, Library
from hearsight.library.tables import maintenance
from hearsight.library.tables.store import Store
from hearsight.media.example import Example
from tests.library.conftest import film, say
from tests.library.sound_experts import PITCHES, Pitches, noise, sound_film, tone


@pytest.fixture
def films(tmp_path):
    folder = tmp_path / "films"
    film(folder / "bell.mkv", 4, seed=1)
    say(folder / "bell.srt", "the doctor lost", "a yellow bicycle")
    film(folder / "sea.mkv", 6, seed=2)
    say(folder / "sea.srt", "we swim at the beach today", "look at the waves", "good bye")
    return folder


@pytest.fixture
def library(films):
    return hearsight.index(films, model="none", seconds=2, recogniser="none")


def scores(result):
    return {hit.clip: hit.score for hit in result.hits}


@pytest.mark.parametrize("mode", ["hybrid", "dense", "speech"])
@pytest.mark.parametrize("query", ["a physician", "bicycle", "a red car", '"yellow bicycle"'])
def test_memory_and_disk_agree(library, query, mode):
    in_memory = Library.open(library.folder, in_memory=True)
    on_disk, loaded = library.search(query, mode), in_memory.search(query, mode)
    assert scores(on_disk) == pytest.approx(scores(loaded), abs=1e-3) and on_disk.notes == loaded.notes
    assert bool(on_disk.hits) == (mode != "dense" and not (mode == "speech" and query in ("a red car", "a physician")))


def test_every_clip_of_a_video_can_be_listed(library):
    [hit] = library.search("bicycle", limit=1).hits
    assert [moment.start for moment in library.moments(hit, "bicycle")] == [0.0, 2.0]
    assert library.clip(hit).has_picture and library.transcript(hit).lines


def test_nothing_is_like_what_nothing_is_seen_of(library):
    result = library.search_by_example(Example([np.full((48, 64, 3), 90, np.uint8)], {}))
    assert result.hits == [] and result.total_clips == 5 and "no moment can be compared" in result.notes[0]


def test_what_is_said_is_compared_with_what_is_said(library):
    [hit] = library.search("swim", limit=1).hits
    [other] = library.similar(hit).hits
    assert (other.path.name, [each.sense for each in other.evidence]) == ("bell.mkv", ["said"])
    with pytest.raises(hearsight.HearsightError, match="it has no pictures, or nothing in its library compares them"):
        library.similar(hit, by="seen")


def test_no_sight_is_suggested(library):
    suggested = Collection({"films": library}).suggestions()
    assert suggested and {each.kind for each in suggested} == {"said"}


def test_a_sound_expert_hears_for_it(tmp_path, no_plugins):
    hearsight.register_sound_expert("pitches")(Pitches)
    folder = tmp_path / "films"
    for number in range(6):
        sound_film(folder / f"hiss{number}.mkv", noise(5, 0.1, seed=number), seed=number)
    for name in ("bark", "bell"):
        sound_film(folder / f"{name}.mkv", tone(PITCHES[name], 5))
    library = hearsight.index(folder, model="none", seconds=5, recogniser="none", sound="pitches")
    for query in ("heard: bark", "a dog barks"):
        for each in (library, Library.open(folder, in_memory=True)):
            best = each.search(query).hits[0]
            assert (best.path.name, best.match) == ("bark.mkv", "strong") and best.heard > 0 == best.seen
    assert "nothing in this library is seen: only what is said or heard" in library.search("a red car").notes[0]
    with pytest.raises(hearsight.HearsightError, match="nothing in this library is seen"):
        library.search("seen: a dog")


def test_a_library_of_many_clips_is_indexed_and_searched(library, monkeypatch):
    """The index of vectors can be built of zeros."""
    monkeypatch.setattr(maintenance, "EXACT_BELOW", 4)
    library.optimise()
    table = Store(library.location, library.identity).clips
    assert any(index.columns == ["pooled"] for index in table.list_indices())
    film(library.folder / "new.mkv", 4, seed=9)
    say(library.folder / "new.srt", "a bicycle again")
    library.update(recogniser="none")
    library.optimise()
    assert library.search("bicycle").matches == 2


def test_many_clips_do_not_take_the_confidence_of_what_is_said(films):
    """They count as different, though their vectors are the same: a better match by chance is no more likely."""
    alone = hearsight.index(films, model="none", seconds=2, recogniser="none").search("a physician").hits[0]
    for number in range(12):
        film(films / f"{number}.mkv", 4, seed=number)
        say(films / f"{number}.srt", f"chapter {number} of the story", "and so it went on")
    many = hearsight.index(films).search("a physician").hits[0]
    assert alone.match == many.match == "strong"
