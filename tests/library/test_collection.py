"""Tests of collections: searching, similar clips, the moments of a video, suggestions."""

import numpy as np
import pytest

from hearsight.errors import HearsightError
from hearsight.library import Collection, Filters, Library
from hearsight.library.results import ClipNotFoundError
from hearsight.library.tables import store
from hearsight.media.example import Example
from hearsight.media.frames import read_frames
from hearsight.types import Clip
from tests.builders import tiny_model
from tests.library.conftest import film, say


@pytest.fixture(scope="module", params=["on disk", "in memory"])
def collection(request, tmp_path_factory, model) -> Collection:
    """Two folders that contain the same film under the same name."""
    folder = tmp_path_factory.mktemp("films")
    for name in ("home", "work"):
        film(folder / name / "bell.mkv", 6, seed=1)
        say(folder / name / "bell.srt", "the doctor lost", "a yellow bicycle", "near the old river today")
        Library.create(folder / name, model, seconds=2)
    film(folder / "home" / "sea.mkv", 4, seed=2)
    film(folder / "work" / "silent.mkv", 4, seed=3, sound=False)
    libraries = {}
    for name in ("home", "work"):
        Library.open(folder / name).update(recogniser="none")
        libraries[name] = Library.open(folder / name, in_memory=request.param == "in memory")
    return Collection(libraries, model)


def hit_files(result):
    return [(hit.library, hit.path.name) for hit in result.hits]


def test_libraries_are_ranked_together(collection, model):
    result = collection.search("the doctor lost a bicycle")
    assert set(hit_files(result)) == {
        ("home", "bell.mkv"),
        ("work", "bell.mkv"),
        ("home", "sea.mkv"),
        ("work", "silent.mkv"),
    }
    assert {name for _, name in hit_files(result)[:2]} == {"bell.mkv"}
    assert (result.clips, result.videos, result.total_clips) == (10, 4, 10)
    alone = collection.libraries["home"].search("the doctor lost a bicycle")
    assert hit_files(collection.search("the doctor lost a bicycle", library="home")) == [
        ("home", hit.path.name) for hit in alone.hits
    ]
    assert all(hit.video == collection.libraries[hit.library].folder / hit.path for hit in result.hits)
    with pytest.raises(HearsightError, match="no library 'else' here; there is home, work"):
        collection.search("a bell", library="else")


def test_another_model_is_refused(collection, tmp_path):
    with pytest.raises(HearsightError, match="was made with the model"):
        Collection(collection.libraries, tiny_model(tmp_path, seed=9))


def test_moments_are_all_clips_in_order_of_time(collection):
    hit = collection.search("a yellow bicycle").hits[0]
    moments = collection.moments(hit, "a yellow bicycle")
    assert [moment.start for moment in moments] == [0, 2, 4]
    assert sorted(moment.rank for moment in moments) == [1, 2, 3]
    best = next(moment for moment in moments if moment.rank == 1)
    assert (best.clip, best.line, best.words) == (hit.clip, "a yellow bicycle", 1)
    assert best.similarity == pytest.approx(hit.similarity, rel=1e-4)
    with pytest.raises(ClipNotFoundError, match="no clip '0123456789abcdef-000000000'"):
        collection.moments("0123456789abcdef-000000000", "a bell", library="home")
    dense = collection.moments(hit, "a yellow bicycle", "dense")
    assert [(moment.start, moment.words) for moment in dense] == [(0, 0), (2, 0), (4, 0)]
    speech = collection.moments(hit, "a yellow bicycle", "speech")
    assert [(moment.start, moment.words) for moment in speech] == [(0, 0), (2, 1), (4, 0)]
    assert speech[1].rank == 1


def test_the_copy_of_a_clip_in_another_library_is_most_similar_and_the_clip_itself_is_left_out(collection):
    hit = collection.search("a yellow bicycle", library="home").hits[0]
    result = collection.similar(hit)
    assert hit_files(result)[0] == ("work", "bell.mkv")
    assert result.hits[0].start == hit.start
    assert result.hits[0].score == pytest.approx(1, abs=2e-3)
    assert ("home", "bell.mkv") not in hit_files(result)
    assert hit_files(collection.similar(hit, filters=Filters(has_sound=False))) == [("work", "silent.mkv")]
    for nothing in ("0123456789abcdef-000000000", "' OR 1 = 1", ""):
        with pytest.raises(ClipNotFoundError, match="search again"):
            collection.similar(nothing, library="home")


def test_one_long_film_does_not_fill_the_list_of_candidates(collection, monkeypatch):
    hit = collection.search("a yellow bicycle", library="home").hits[0]
    every = hit_files(collection.similar(hit))
    assert len(every) == 3
    monkeypatch.setattr("hearsight.library.search.search.MIN_CANDIDATES", 1)
    monkeypatch.setattr("hearsight.library.search.search.CANDIDATES_PER_HIT", 1)
    assert hit_files(collection.similar(hit)) == every


def test_an_unknown_library_is_refused(collection):
    for ask in (collection.clip, collection.similar, collection.thumbnail, collection.video):
        with pytest.raises(HearsightError, match="no library 'else' here; there is home, work"):
            ask("0123456789abcdef-000000000", library="else")


def test_the_clip_that_an_example_was_cut_from_is_most_similar(collection):
    path = collection.libraries["work"].folder / "silent.mkv"
    clip = collection.clip(collection.search("a bell", library="work", filters=Filters(path="silent")).hits[0])
    pictures = read_frames(path, Clip(path, clip.start, clip.end).frame_times(6))
    best = collection.search_by_example(Example([picture for _, picture in pictures], {})).hits[0]
    assert (best.library, best.path.name) == ("work", "silent.mkv")


def test_details_of_a_clip_and_lines_of_its_transcript(collection):
    hit = collection.search("a yellow bicycle", library="home").hits[0]
    details = collection.clip(hit)
    assert (details.start, details.end, details.library) == (2, 4, "home")
    assert details.duration == pytest.approx(6, abs=0.3)
    assert details.has_sound and details.has_speech and details.has_picture
    lines = collection.transcript(hit, "bicycles", around=1).lines
    assert [line.text for line in lines] == ["the doctor lost", "a yellow bicycle", "near the old river today"]
    assert [[line.text[start:end] for start, end in line.spans] for line in lines] == [[], ["bicycle"], []]
    assert [line.text for line in collection.transcript(hit, around=0).lines] == ["a yellow bicycle"]
    for ask in (collection.clip, collection.transcript):
        with pytest.raises(ClipNotFoundError):
            ask("' OR 1 = 1", library="home")


def test_thumbnail(collection):
    hit = collection.search("a bell", library="home").hits[0]
    assert collection.thumbnail(hit).startswith(b"\xff\xd8")
    with pytest.raises(ClipNotFoundError):
        collection.thumbnail("' OR 1 = 1", library="home")


def test_suggestions_find_something(collection):
    suggested = collection.suggestions()
    assert {suggestion.kind for suggestion in suggested} == {"meaning", "said"}
    said = [suggestion.text for suggestion in suggested if suggestion.kind == "said"]
    assert said == ["near the old river today"]
    assert all(collection.search(suggestion.text).hits for suggestion in suggested)


def test_suggestions_of_an_empty_library(tmp_path, model):
    assert Collection({"empty": Library.create(tmp_path, model)}, model).suggestions() == []


def test_a_library_in_memory_follows_an_update(tmp_path, model, monkeypatch):
    monkeypatch.setattr(store, "SECONDS_BETWEEN_CHECKS", 0)
    film(tmp_path / "a.mkv", 2, seed=1)
    library = Library.create(tmp_path, model)
    library.update(recogniser="none")
    served = Library.open(tmp_path, in_memory=True)
    assert len(served.search("a bell").hits) == 1
    film(tmp_path / "b.mkv", 2, seed=2)
    library.update(recogniser="none")
    assert len(served.search("a bell").hits) == 2
    (tmp_path / "a.mkv").unlink()
    library.update(recogniser="none")
    assert [hit.path.name for hit in served.search("a bell").hits] == ["b.mkv"]


def test_a_search_while_a_library_in_memory_is_updated_costs_no_film(tmp_path, model, monkeypatch):
    """The search sees clips of a film that does not count yet. The update must not take them for orphans."""
    monkeypatch.setattr(store, "SECONDS_BETWEEN_CHECKS", 60)
    film(tmp_path / "a.mkv", 2, seed=1)
    Library.create(tmp_path, model).update(recogniser="none")
    served = Library.open(tmp_path, in_memory=True)
    real = store.Store.put_videos

    def searched_before(opened, videos):
        opened._next_check = 0.0
        assert len(served.search("a bell").hits) == 1
        real(opened, videos)

    monkeypatch.setattr(store.Store, "put_videos", searched_before)
    film(tmp_path / "b.mkv", 2, seed=2)
    assert served.update(recogniser="none").added == 1
    assert Library.open(tmp_path).info().clips == 2


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_library_that_is_made_anew_is_followed(tmp_path, model, monkeypatch, in_memory):
    """The number of films stays the same, so that the tables reach the same versions as before."""
    monkeypatch.setattr(store, "SECONDS_BETWEEN_CHECKS", 0)
    film(tmp_path / "a.mkv", 2, seed=1)
    Library.create(tmp_path, model).update(recogniser="none")
    served = Collection({"films": Library.open(tmp_path, in_memory=in_memory)}, model)
    assert hit_files(served.search("a bell")) == [("films", "a.mkv")]
    (tmp_path / "a.mkv").unlink()
    film(tmp_path / "b.mkv", 2, seed=2)
    Library.create(tmp_path, model, rebuild=True).update(recogniser="none")
    (hit,) = served.search("a bell").hits
    assert hit.path.name == "b.mkv"
    assert served.clip(hit) and served.thumbnail(hit)


def test_a_library_that_is_made_anew_with_another_model_is_refused(tmp_path, model, monkeypatch):
    monkeypatch.setattr(store, "SECONDS_BETWEEN_CHECKS", 60)
    film(tmp_path / "a.mkv", 2, seed=1)
    Library.create(tmp_path, model).update(recogniser="none")
    served = Collection({"films": Library.open(tmp_path, in_memory=True)}, model)
    other = tiny_model(tmp_path / "other", seed=9)
    Library.create(tmp_path, other, rebuild=True).update(recogniser="none")
    for _ in range(2):
        with pytest.raises(HearsightError, match=r"made anew meanwhile, with the model .*other; start this again"):
            served.search("a bell")


def test_a_library_that_is_too_large_stays_on_disk(tmp_path, model, monkeypatch):
    film(tmp_path / "a.mkv", 2, seed=1)
    Library.create(tmp_path, model).update(recogniser="none")
    monkeypatch.setattr(store, "MAX_IN_MEMORY", 10)
    served = Library.open(tmp_path, in_memory=True)
    assert served._store.snapshot().loaded is None
    assert len(served.search("a bell").hits) == 1
    assert np.isfinite(served.search("a bell").hits[0].score)
