"""Tests of maintenance: a growing library stays quick to read, without rewriting all of it."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from hearsight.errors import HearsightError
from hearsight.library import Library
from hearsight.library.search.on_disk import OnDisk
from hearsight.library.tables import maintenance
from hearsight.library.tables.lock import updating
from hearsight.library.tables.schema import read_vectors
from hearsight.library.tables.store import Store
from tests.library.conftest import add_made_up, film

EVERY_VIDEO = 40


@pytest.fixture
def store(tmp_path, model) -> Store:
    """Forty videos of two clips."""
    store = Library.create(tmp_path, model)._store
    add_made_up(store, model, EVERY_VIDEO, said="the doctor lost a bicycle")
    return store


@pytest.fixture
def large(monkeypatch):
    """Make forty videos count as a large library."""
    monkeypatch.setattr(maintenance, "EXACT_BELOW", 64)
    monkeypatch.setattr(maintenance, "CLIPS_PER_PARTITION", 16)


def indexed(store: Store) -> set[str]:
    return {column for index in store.clips.list_indices() for column in index.columns}


def segments(store: Store) -> int:
    return next(index.num_segments for index in store.clips.list_indices() if index.columns == ["pooled"])


def vectors(store: Store) -> dict[str, np.ndarray]:
    table = store.rows("true", ["id", "pooled"])
    return dict(zip(table["id"].to_pylist(), read_vectors(table, "pooled"), strict=True))


def nearest(store: Store, vector: np.ndarray, limit: int = 10, condition: str | None = None) -> list[str]:
    rows = store.take(store.nearest(vector, limit, condition), ["id", "pooled"])
    products = read_vectors(rows, "pooled") @ vector
    return [id for _, id in sorted(zip(-products, rows["id"].to_pylist(), strict=True))]


def exactly_nearest(store: Store, vector: np.ndarray, limit: int = 10) -> list[str]:
    near = {id: float(pooled @ vector) for id, pooled in vectors(store).items()}
    return sorted(near, key=lambda id: -near[id])[:limit]


def recall(store: Store) -> float:
    """Return the share of the five nearest clips that is among twenty results, averaged over some clips' vectors."""
    queries = list(vectors(store).values())[::8]
    return np.mean([len({*exactly_nearest(store, each, 5)} & {*nearest(store, each, 20)}) / 5 for each in queries])


def test_small_libraries_have_no_index_of_vectors(store):
    store.maintain(thorough=True)
    assert indexed(store) == set(maintenance.INDEXES) - {"text"}


def test_large_libraries_have_an_index_of_vectors_with_the_same_results(store, large):
    report = store.maintain()
    assert "pooled" in report.created_indexes and "pooled" in indexed(store)
    assert recall(store) >= 0.9  # of chance: about one in three thousand is missed


def test_the_index_of_a_very_large_library_is_in_segments(store, large, model, monkeypatch):
    monkeypatch.setattr(maintenance, "CLIPS_PER_SEGMENT", 2 * EVERY_VIDEO)
    monkeypatch.setattr(maintenance, "MAX_UNINDEXED", 1)
    monkeypatch.setattr(maintenance, "MAX_SEGMENTS", 2)
    add_made_up(store, model, EVERY_VIDEO, seed=1)  # a piece of its own
    store.maintain()
    assert segments(store) == 2

    counts = []
    for seed in range(2, 9):
        add_made_up(store, model, 2, seed=seed)
        store.maintain()
        counts.append(segments(store))
    assert (min(counts), max(counts)) == (3, 5)  # small ones are merged, and large ones left alone
    store.maintain(thorough=True)
    assert len(vectors(store)) == 4 * EVERY_VIDEO + 28 and recall(store) >= 0.9


def test_a_segment_of_few_clips(store, large, model, monkeypatch):
    monkeypatch.setattr(maintenance, "CLIPS_PER_SEGMENT", EVERY_VIDEO)
    [new] = add_made_up(store, model, 1, clips=1, seed=1)
    store.maintain()
    assert nearest(store, vectors(store)[new], 1) == [new]


def test_recreating_indexes_drops_the_vector_index_of_a_library_that_shrank(store, large):
    store.maintain()
    store.drop_clips(list(vectors(store))[:30])
    store.recreate_indexes()
    assert indexed(store) == set(maintenance.INDEXES) - {"text"}


def test_an_index_of_too_few_segments_is_created_again(store, large, model, monkeypatch):
    store.maintain()
    add_made_up(store, model, EVERY_VIDEO, seed=1)
    monkeypatch.setattr(maintenance, "CLIPS_PER_SEGMENT", 2 * EVERY_VIDEO)
    store.maintain()
    assert segments(store) == 2


def test_searches_return_clips_that_are_in_no_index_yet(store, large, model):
    store.maintain()
    new = add_made_up(store, model, 1, seed=1, said="an entirely different giraffe")
    assert max(index.num_unindexed_rows for index in store.clips.list_indices()) == len(new)
    assert set(nearest(store, vectors(store)[new[0]], 1)) == {new[0]}
    assert set(store.matching("ENgiraff", ["id"], 10, None)["id"].to_pylist()) == set(new)
    assert len(store.rows(f"id = '{new[0]}'", ["id"])) == 1
    assert store.snapshot().clips == 2 * EVERY_VIDEO + len(new)


@pytest.mark.parametrize("thorough", [False, True])
def test_deleted_clips_free_their_space(store, thorough, monkeypatch):
    monkeypatch.setattr(maintenance, "KEEP_VERSIONS", timedelta(0))
    store.maintain()
    data = store.location / "clips.lance" / "data"
    before = sum(file.stat().st_size for file in data.iterdir())
    gone = sorted({id[:16] for id in vectors(store)})[: 2 if thorough else EVERY_VIDEO // 2]
    store.drop_videos(gone)
    store.drop_hidden()
    report = store.maintain(thorough)
    assert report.merged_fragments == report.new_fragments == 1
    after = sum(file.stat().st_size for file in data.iterdir())
    assert after < before * (1 - 0.8 * len(gone) / EVERY_VIDEO)


def test_a_search_returns_clips_whose_rows_move_meanwhile(tmp_path, folder, model, monkeypatch):
    """Fragments are merged between finding clips and reading their details."""
    library = Library.create(folder, model, tmp_path / "library", seconds=2)
    library.update(recogniser="none")
    film(folder / "late.mkv", 4, seed=7)
    library.update(recogniser="none")
    expected = library.search("a bell").hits
    rows = OnDisk.rows

    def rows_after_merge(index, row_ids, columns):
        library.optimise()
        assert len(index.store.take(list(row_ids.values()), ["id"])) < len(row_ids)
        return rows(index, row_ids, columns)

    monkeypatch.setattr(OnDisk, "rows", rows_after_merge)
    assert library.search("a bell").hits == expected


def test_filters_reach_further_than_the_nearest_partitions(store, large):
    """A filter may leave only clips that are far from the query."""
    store.maintain()
    query = next(iter(vectors(store).values()))
    far = exactly_nearest(store, query, 2 * EVERY_VIDEO)[-1]
    assert nearest(store, query, 1, f"id = '{far}'") == [far]


def test_old_libraries_gain_indexes_at_the_next_update(folder, model):
    library = Library.create(folder, model, seconds=2)
    library.update(recogniser="none")
    store = library._store
    for index in store.clips.list_indices():
        store.clips.drop_index(index.name)
    assert indexed(store) == set()
    expected = [hit.clip for hit in library.search("a bell", mode="dense").hits]
    library.update(recogniser="none")
    assert indexed(Library.open(folder)._store) == set(maintenance.INDEXES) - {"text"}
    assert [hit.clip for hit in library.search("a bell", mode="dense").hits] == expected


def test_an_update_brings_indexes_up_to_date_when_that_is_worth_while(store, model, monkeypatch):
    store.maintain()
    monkeypatch.setattr(maintenance, "MAX_UNINDEXED", 6)
    add_made_up(store, model, 2, seed=1)
    assert store.maintain().indexed_rows == 0
    add_made_up(store, model, 2, seed=2)
    assert store.maintain().indexed_rows == 8
    assert store.maintain(thorough=True).indexed_rows == 0


def test_segments_of_an_index_stay_few(store, model, large, monkeypatch):
    monkeypatch.setattr(maintenance, "MAX_SEGMENTS", 2)
    store.maintain()
    for seed in range(1, 6):
        new = add_made_up(store, model, 2, seed=seed)
        store.maintain(thorough=True)
        assert nearest(store, vectors(store)[new[-1]], 1) == [new[-1]]
    assert max(index.num_segments for index in store.clips.list_indices()) <= 3


def pieces(store: Store) -> set[Path]:
    return set((store.location / "clips.lance" / "data").iterdir())


def test_pieces_are_merged_and_large_ones_left_alone(store, model, monkeypatch):
    monkeypatch.setattr(maintenance, "ROWS_PER_FRAGMENT", 2 * EVERY_VIDEO)
    large = pieces(store)
    before = vectors(store)
    for seed in range(1, 4):
        add_made_up(store, model, 2, seed=seed)
    report = store.maintain(thorough=True)
    assert (report.merged_fragments, report.new_fragments) == (3, 1)
    assert large < pieces(store)
    assert vectors(store).keys() > before.keys() and len(vectors(store)) == 2 * EVERY_VIDEO + 12


def test_an_update_merges_only_many_pieces(store, model, monkeypatch):
    monkeypatch.setattr(maintenance, "MAX_FRAGMENTS", 2)
    monkeypatch.setattr(maintenance, "GROWTH", 0.0)
    add_made_up(store, model, 1, seed=1)
    assert store.maintain().merged_fragments == 0
    add_made_up(store, model, 1, seed=2)
    assert (store.maintain().merged_fragments, len(vectors(store))) == (3, 2 * EVERY_VIDEO + 4)


def test_old_versions_are_deleted_when_no_search_can_read_them(store, model, monkeypatch):
    add_made_up(store, model, 1, seed=1)
    assert store.maintain(thorough=True).freed_bytes == 0
    add_made_up(store, model, 1, seed=2)
    monkeypatch.setattr(maintenance, "KEEP_VERSIONS", timedelta(0))
    assert store.maintain(thorough=True).freed_bytes > 0
    assert len(pieces(store)) == 1 and len(vectors(store)) == 2 * EVERY_VIDEO + 4


def test_a_reader_sees_one_version_until_it_looks_again(store, model):
    reader = Library.open(library=store.location)._store
    seen = reader.snapshot()
    before = vectors(reader)
    [gone, *_] = before
    new = add_made_up(store, model, 3, seed=1)
    store.drop_videos([gone[:16]])
    store.drop_hidden()
    store.maintain(thorough=True)
    assert vectors(reader).keys() == before.keys()
    assert nearest(reader, before[gone], 1) == [gone] and gone[:16] in seen.videos
    again = reader.snapshot()
    assert again.clips == 2 * EVERY_VIDEO - 2 + len(new)
    assert vectors(reader).keys() == before.keys() - {gone[:17] + "000000000", gone[:17] + "000002000"} | set(new)
    assert gone[:16] not in again.videos


def test_one_process_at_a_time_optimises(tmp_path, model):
    film(tmp_path / "film.mkv", 2)
    library = Library.create(tmp_path, model)
    library.update(recogniser="none")
    with updating(library.location), pytest.raises(HearsightError, match="updated by another process"):
        library.optimise()
    assert library.optimise().seconds > 0
