"""A library is encoded for another model without its files."""

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from hearsight.errors import HearsightError
from hearsight.library import Library
from hearsight.library.indexing import reindex as reindexing
from hearsight.library.tables import maintenance
from hearsight.library.tables.store import Store
from tests.builders import tiny_model
from tests.library.conftest import assert_same, film, make_films, rows


@pytest.fixture(scope="module")
def other(tmp_path_factory, model):
    """Return a model of another method on the same towers."""
    other = tiny_model(tmp_path_factory.mktemp("other"), "avigate", seed=5)
    other.clip.load_state_dict(model.clip.state_dict())
    other.ast.load_state_dict(model.ast.state_dict())
    return other


@pytest.fixture(scope="module")
def indexed(tmp_path_factory, model) -> Path:
    """Index a folder, and keep features."""
    folder = make_films(tmp_path_factory.mktemp("indexed") / "films")
    Library.create(folder, model, seconds=2, keep_features=True).update(recogniser="none")
    return folder


@pytest.fixture
def library(indexed, model, tmp_path) -> Library:
    """A copy of that library, which a test may change."""
    return Library.open(shutil.copytree(indexed, tmp_path / "films"), model=model)


def anew(library: Library, model, tmp_path) -> Library:
    """Index the files themselves with a model."""
    fresh = Library.create(library.folder, model, tmp_path / "anew", seconds=2, keep_features=True)
    fresh.update(recogniser="none")
    return fresh


def test_the_result_equals_a_new_index_without_reading_the_files(library, model, other, tmp_path):
    expected = anew(library, other, tmp_path)
    for path in library.folder.rglob("*.mkv"):
        path.unlink()
    done = library.reindex(other, name="other")

    assert done.clips == library.info().clips == 7
    assert_same(library, expected)
    again = Library.open(library.folder, model=other)
    assert (again.identity.model, again.identity.method) == ("other", "avigate")
    assert [hit.clip for hit in again.search("a bell").hits] == [hit.clip for hit in expected.search("a bell").hits]
    with pytest.raises(HearsightError, match="was made with the model other"):
        again.use(model)


def test_features_are_indexed_by_clip_and_not_rewritten_for_a_new_film(library, model):
    film(library.folder / "new.mkv", seconds=2, seed=9)
    library.update(recogniser="none")
    table = Store(library.location, library.identity).features.table
    assert {column for index in table.list_indices() for column in index.columns} >= {"id", "video"}
    assert table.stats()["fragment_stats"]["num_fragments"] == 2


def test_updates_after_reindexing_keep_features(library, model, other, tmp_path):
    library.reindex(other)
    film(library.folder / "new.mkv", 4, seed=9)
    (library.folder / "trip" / "sea.mkv").unlink()
    assert library.update(recogniser="none").added == 1
    assert_same(library, anew(library, other, tmp_path))
    library.reindex(model)
    assert_same(library, anew(library, model, tmp_path / "first"))
    features = library._store.features.table.to_arrow()
    assert sorted(features["id"].to_pylist()) == sorted(library._store.ids())


def test_searches_go_on_with_the_old_model_until_the_switch_and_after(library, model, other, monkeypatch):
    reader = Library.open(library.folder)
    expected = [hit.clip for hit in reader.search("a bell").hits]
    seen = []

    def search_midway(what, done, total, figures=None):
        seen.append([hit.clip for hit in Library.open(library.folder).search("a bell").hits])

    former = library._store.clips_path
    library.reindex(other, progress=search_midway)
    assert seen and all(hits == expected for hits in seen)
    assert [hit.clip for hit in reader.search("a bell").hits] == expected
    library.optimise()
    assert former.exists()
    monkeypatch.setattr("hearsight.library.tables.maintenance.KEEP_VERSIONS", maintenance.KEEP_VERSIONS * 0)
    library.optimise()
    assert not former.exists() and library.search("a bell").hits


def test_an_interrupted_run_is_resumed(library, model, other, tmp_path, monkeypatch):
    monkeypatch.setattr(reindexing, "BATCH_SIZE", 1)
    monkeypatch.setattr(reindexing, "COMMIT_CLIPS", 2)

    def stop(what, done, total, figures=None):
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        library.reindex(other, progress=stop)
    assert Library.open(library.folder).search("a bell").hits
    assert len(Store(library.location, replace(library.identity, clips=f"clips-{other.fingerprint}")).ids()) == 4
    seen = []
    assert library.reindex(other, progress=lambda what, done, total, figures=None: seen.append(done)).clips == 7
    assert seen == [5, 6, 7]
    assert_same(library, anew(library, other, tmp_path))


def test_a_file_deleted_between_two_runs_is_not_in_the_new_table(library, model, other, tmp_path, monkeypatch):
    monkeypatch.setattr(reindexing, "BATCH_SIZE", 1)
    monkeypatch.setattr(reindexing, "COMMIT_CLIPS", 1)

    def stop(what, done, total, figures=None):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        library.reindex(other, progress=stop)
    (library.folder / "bell.mkv").unlink()
    library.update(recogniser="none")
    seen = []
    library.reindex(other, progress=lambda what, done, total, figures=None: seen.append((done, total)))
    assert seen[-1] == (5, 5)
    assert_same(library, anew(library, other, tmp_path))


def test_a_library_in_memory_stays_there(library, model, other):
    in_memory_library = Library.open(library.folder, in_memory=True)
    for attempt in (in_memory_library.repair, lambda: in_memory_library.reindex(other)):
        attempt()
        assert in_memory_library._store.snapshot().loaded


def test_a_library_that_was_opened_before_cannot_be_written(library, model, other):
    before = Library.open(library.folder)
    library.reindex(other)
    film(library.folder / "new.mkv", 2, seed=9)
    for attempt in (
        lambda: before.update(recogniser="none"),
        lambda: before.reindex(other),
        before.optimise,
        before.repair,
    ):
        with pytest.raises(HearsightError, match=r"made anew meanwhile, or given another model; start this again"):
            attempt()
    assert Library.open(library.folder, model=other).update(recogniser="none").added == 1


def test_features_of_another_process_are_removed_with_their_clips(library):
    library._store.features.ids()
    other = Library.open(library.folder)._store
    for add, table in ((other.features.add, other.features.table), (other.add_clips, other.clips)):
        row = table.to_arrow().slice(0, 1)
        for column, id in (("video", "f" * 16), ("id", "f" * 16 + "-000000000")):
            row = row.set_column(row.schema.get_field_index(column), column, pa.array([id]))
        add([row.cast(table.schema)])
    library._store.drop_hidden()
    assert library._store.features.ids() == library._store.ids() and len(library._store.ids()) == 7


def test_only_the_last_two_tables_stay(library, model, other):
    for turn in (other, model, other):
        library.reindex(turn)
        assert len(list(library.location.glob("clips*.lance"))) == 2
    assert library.search("a bell").hits


def test_an_unfinished_table_is_removed_with_the_next_model(library, model, other, tmp_path):
    def stop(what, done, total, figures=None):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        library.reindex(other, progress=stop)
    third = tiny_model(tmp_path / "third", "chorus", seed=6)
    third.clip.load_state_dict(model.clip.state_dict())
    third.ast.load_state_dict(model.ast.state_dict())
    library.reindex(third)
    names = {path.name for path in library.location.glob("clips*.lance")}
    assert names == {"clips.lance", f"clips-{third.fingerprint}.lance"}


def test_a_model_without_audio_keeps_no_audio_features(folder, model, tmp_path):
    sees = tiny_model(tmp_path / "sees", "clip4clip", seed=3)
    library = Library.create(folder, sees, seconds=2, keep_features=True)
    library.update(recogniser="none")
    with pytest.raises(HearsightError, match="other towers"):
        library.reindex(model)
    assert "audio" not in library._store.features.table.schema.names


def test_refused_models_and_libraries_are_explained(library, model, other, tmp_path):
    with pytest.raises(HearsightError, match="has the vectors of this model already"):
        library.reindex(model)
    with pytest.raises(HearsightError, match=r"kept no features so far.*--rebuild"):
        plain = Library.create(library.folder, model, tmp_path / "plain", seconds=2)
        Library.create(library.folder, model, plain.location, keep_features=True)
    with pytest.raises(HearsightError, match=r"kept no features of its clips.*--keep-features"):
        plain.reindex(other)
    strange = tiny_model(tmp_path / "strange", "avigate", seed=8)
    with pytest.raises(HearsightError, match="other towers"):
        library.reindex(strange)
    library._store.features.table.delete("true")
    with pytest.raises(HearsightError, match=r"lacks the features of \d+ clips.*--rebuild"):
        library.reindex(other)
    assert library.search("a bell").hits


def test_a_rebuilt_library_keeps_features_and_no_old_table(library, model, other):
    library.reindex(other)
    again = Library.create(library.folder, model, rebuild=True)
    again.update(recogniser="none")
    assert again.identity.towers and [path.name for path in again.location.glob("clips*")] == ["clips.lance"]
    assert len(rows(again)[1]) == 7


def test_features_are_within_half_precision(library, model, tmp_path, other):
    """Reindexing for another model and back gives the first vectors within half precision."""
    before = rows(library)[1]
    library.reindex(other)
    library.reindex(model)
    for clip, again in zip(before, rows(library)[1], strict=True):
        np.testing.assert_allclose(np.array(clip["pooled"], float), np.array(again["pooled"], float), atol=4e-3)
    shutil.rmtree(library.location)


def test_a_clock_that_goes_backwards_removes_no_table_in_use(library, model, other):
    former = library._store.clips_path
    library.reindex(other)
    tomorrow = time.time() + 86_400
    os.utime(library.location / "library.json", (tomorrow, tomorrow))
    os.utime(library.folder / "bell.mkv", (1, 1))
    assert library.update(recogniser="none").unchanged == 3
    library.optimise()
    assert former.exists() and library.search("a bell").hits
