"""Another model for a library, without its files."""

import os
import shutil
import time
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from hearsight.errors import HearsightError
from hearsight.library import Library
from hearsight.library.indexing import reindex as reindexing
from hearsight.library.tables import maintenance as upkeep
from hearsight.library.tables.store import Store
from tests.builders import tiny_model
from tests.library.conftest import assert_same, film, rows


@pytest.fixture(scope="module")
def other(tmp_path_factory, model):
    """A model of another method, on the same towers."""
    other = tiny_model(tmp_path_factory.mktemp("other"), "avigate", seed=5)
    other.clip.load_state_dict(model.clip.state_dict())
    other.ast.load_state_dict(model.ast.state_dict())
    return other


@pytest.fixture
def kept(folder, model) -> Library:
    """A library of the folder that keeps features."""
    library = Library.create(folder, model, seconds=2, keep_features=True)
    library.update(recogniser="none")
    return library


def anew(kept: Library, model, tmp_path) -> Library:
    """The library that a model makes of the files themselves."""
    made = Library.create(kept.folder, model, tmp_path / "anew", seconds=2, keep_features=True)
    made.update(recogniser="none")
    return made


def test_as_if_made_anew_and_without_the_files(kept, model, other, tmp_path):
    expected = anew(kept, other, tmp_path)
    for path in kept.folder.rglob("*.mkv"):
        path.unlink()
    done = kept.reindex(other, name="other")

    assert done.clips == kept.info().clips == 7
    assert_same(kept, expected)
    again = Library.open(kept.folder, model=other)
    assert (again.identity.model, again.identity.method) == ("other", "avigate")
    assert [hit.clip for hit in again.search("a bell").hits] == [hit.clip for hit in expected.search("a bell").hits]
    with pytest.raises(HearsightError, match="was made with the model other"):
        again.use(model)


def test_features_are_found_by_clip_and_not_written_anew_for_a_film_that_comes(kept, model):
    film(kept.folder / "new.mkv", seconds=2, seed=9)
    kept.update(recogniser="none")
    table = Store(kept.location, kept.identity).features.table
    assert {column for index in table.list_indices() for column in index.columns} >= {"id", "video"}
    assert table.stats()["fragment_stats"]["num_fragments"] == 2


def test_the_library_goes_on_and_keeps_features(kept, model, other, tmp_path):
    kept.reindex(other)
    film(kept.folder / "new.mkv", 4, seed=9)
    (kept.folder / "trip" / "sea.mkv").unlink()
    assert kept.update(recogniser="none").added == 1
    assert_same(kept, anew(kept, other, tmp_path))
    kept.reindex(model)
    assert_same(kept, anew(kept, model, tmp_path / "first"))
    stored = kept._store.features.table.to_arrow()
    assert sorted(stored["id"].to_pylist()) == sorted(kept._store.ids())


def test_searches_go_on_with_the_old_model_until_the_switch_and_after(kept, model, other, monkeypatch):
    reader = Library.open(kept.folder)
    expected = [hit.clip for hit in reader.search("a bell").hits]
    seen = []

    def look(what, done, total, figures=None):
        seen.append([hit.clip for hit in Library.open(kept.folder).search("a bell").hits])

    former = kept._store.clips_path
    kept.reindex(other, progress=look)
    assert seen and all(hits == expected for hits in seen)
    assert [hit.clip for hit in reader.search("a bell").hits] == expected
    kept.optimise()
    assert former.exists()
    monkeypatch.setattr("hearsight.library.tables.maintenance.KEEP_VERSIONS", upkeep.KEEP_VERSIONS * 0)
    kept.optimise()
    assert not former.exists() and kept.search("a bell").hits


def test_interrupted_and_taken_up(kept, model, other, tmp_path, monkeypatch):
    monkeypatch.setattr(reindexing, "SOME", 1)
    monkeypatch.setattr(reindexing, "COMMIT_CLIPS", 2)

    def stop(what, done, total, figures=None):
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept.reindex(other, progress=stop)
    assert Library.open(kept.folder).search("a bell").hits
    assert len(Store(kept.location, replace(kept.identity, clips=f"clips-{other.fingerprint}")).ids()) == 4
    seen = []
    assert kept.reindex(other, progress=lambda what, done, total, figures=None: seen.append(done)).clips == 7
    assert seen == [5, 6, 7]
    assert_same(kept, anew(kept, other, tmp_path))


def test_a_file_deleted_between_two_runs_is_not_in_the_new_table(kept, model, other, tmp_path, monkeypatch):
    monkeypatch.setattr(reindexing, "SOME", 1)
    monkeypatch.setattr(reindexing, "COMMIT_CLIPS", 1)

    def stop(what, done, total, figures=None):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept.reindex(other, progress=stop)
    (kept.folder / "bell.mkv").unlink()
    kept.update(recogniser="none")
    seen = []
    kept.reindex(other, progress=lambda what, done, total, figures=None: seen.append((done, total)))
    assert seen[-1] == (5, 5)
    assert_same(kept, anew(kept, other, tmp_path))


def test_a_library_in_memory_stays_there(kept, model, other):
    resident = Library.open(kept.folder, in_memory=True)
    for attempt in (resident.repair, lambda: resident.reindex(other)):
        attempt()
        assert resident._store.snapshot().loaded


def test_a_library_that_was_opened_before_is_not_written_as_it_was(kept, model, other):
    before = Library.open(kept.folder)
    kept.reindex(other)
    film(kept.folder / "new.mkv", 2, seed=9)
    for attempt in (
        lambda: before.update(recogniser="none"),
        lambda: before.reindex(other),
        before.optimise,
        before.repair,
    ):
        with pytest.raises(HearsightError, match=r"made anew meanwhile, or given another model; start this again"):
            attempt()
    assert Library.open(kept.folder, model=other).update(recogniser="none").added == 1


def test_features_that_another_process_wrote_go_with_their_clips(kept):
    kept._store.features.ids()
    other = Library.open(kept.folder)._store
    for add, table in ((other.features.add, other.features.table), (other.add_clips, other.clips)):
        row = table.to_arrow().slice(0, 1)
        for column, id in (("video", "f" * 16), ("id", "f" * 16 + "-000000000")):
            row = row.set_column(row.schema.get_field_index(column), column, pa.array([id]))
        add([row.cast(table.schema)])
    kept._store.drop_hidden()
    assert kept._store.features.ids() == kept._store.ids() and len(kept._store.ids()) == 7


def test_no_table_but_the_last_two_is_kept(kept, model, other):
    for turn in (other, model, other):
        kept.reindex(turn)
        assert len(list(kept.location.glob("clips*.lance"))) == 2
    assert kept.search("a bell").hits


def test_a_table_that_was_left_half_done_goes_with_the_next_model(kept, model, other, tmp_path):
    def stop(what, done, total, figures=None):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept.reindex(other, progress=stop)
    third = tiny_model(tmp_path / "third", "chorus", seed=6)
    third.clip.load_state_dict(model.clip.state_dict())
    third.ast.load_state_dict(model.ast.state_dict())
    kept.reindex(third)
    names = {path.name for path in kept.location.glob("clips*.lance")}
    assert names == {"clips.lance", f"clips-{third.fingerprint}.lance"}


def test_a_model_without_speech_and_one_that_only_sees(folder, model, tmp_path):
    sees = tiny_model(tmp_path / "sees", "clip4clip", seed=3)
    library = Library.create(folder, sees, seconds=2, keep_features=True)
    library.update(recogniser="none")
    with pytest.raises(HearsightError, match="other towers"):
        library.reindex(model)
    assert "audio" not in library._store.features.table.schema.names


def test_what_cannot_be(folder, kept, model, other, tmp_path):
    with pytest.raises(HearsightError, match="has the vectors of this model already"):
        kept.reindex(model)
    with pytest.raises(HearsightError, match=r"kept no features so far.*--rebuild"):
        plain = Library.create(folder, model, tmp_path / "plain", seconds=2)
        Library.create(folder, model, plain.location, keep_features=True)
    with pytest.raises(HearsightError, match=r"kept no features of its clips.*--keep-features"):
        plain.reindex(other)
    strange = tiny_model(tmp_path / "strange", "avigate", seed=8)
    with pytest.raises(HearsightError, match="other towers"):
        kept.reindex(strange)
    kept._store.features.table.delete("true")
    with pytest.raises(HearsightError, match=r"lacks the features of \d+ clips.*--rebuild"):
        kept.reindex(other)
    assert kept.search("a bell").hits


def test_rebuilt_it_keeps_them_still_and_nothing_of_before(kept, model, other):
    kept.reindex(other)
    again = Library.create(kept.folder, model, rebuild=True)
    again.update(recogniser="none")
    assert again.identity.towers and [path.name for path in again.location.glob("clips*")] == ["clips.lance"]
    assert len(rows(again)[1]) == 7


def test_features_are_within_half_precision(kept, model, tmp_path, other):
    """There and back again gives the first vectors, but for what half precision takes."""
    before = rows(kept)[1]
    kept.reindex(other)
    kept.reindex(model)
    for clip, again in zip(before, rows(kept)[1], strict=True):
        np.testing.assert_allclose(np.array(clip["pooled"], float), np.array(again["pooled"], float), atol=4e-3)
    shutil.rmtree(kept.location)


def test_a_clock_that_goes_backwards_removes_nothing_that_is_read(kept, model, other):
    former = kept._store.clips_path
    kept.reindex(other)
    tomorrow = time.time() + 86_400
    os.utime(kept.location / "library.json", (tomorrow, tomorrow))
    os.utime(kept.folder / "bell.mkv", (1, 1))
    assert kept.update(recogniser="none").unchanged == 3
    kept.optimise()
    assert former.exists() and kept.search("a bell").hits
