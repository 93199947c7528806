"""A small library that is searched again is searched in memory, with the same results."""

import numpy as np
import pytest

from hearsight.library import Library
from hearsight.library.tables import pooled_vectors
from hearsight.library.tables.schema import read_vectors
from tests.library.conftest import add_made_up


@pytest.fixture
def store(tmp_path, model):
    (tmp_path / "films").mkdir()
    store = Library.create(tmp_path / "films", model).searchable.store
    for seed in range(3):  # of several fragments
        add_made_up(store, model, 20, seed=seed)
    return store


def in_memory(store) -> bool:
    return store._pooled._version.vectors is not None


def search(store, limit=10, condition=None):
    """Return the ids of the clips nearest to a vector, in order, after checking them against all clips."""
    vector = np.random.default_rng(0).standard_normal(read_vectors(store.rows("true", ["pooled"]), "pooled").shape[1])
    vector = vector.astype(np.float32)
    row_ids = store.nearest(vector, limit, condition)
    table = store.take(row_ids, ["id"]) if row_ids else store.rows("false", ["id"])
    everything = store.rows("true" if condition is None else condition, ["id", "pooled"])
    products = dict(zip(everything["id"].to_pylist(), read_vectors(everything, "pooled") @ vector, strict=True))
    ids = sorted(table["id"].to_pylist(), key=lambda id: -products[id])
    assert ids == sorted(products, key=lambda id: -products[id])[:limit]
    assert sorted(store.row_ids({*ids, "unknown"})) == sorted(row_ids)
    return ids, set(row_ids)


def test_the_second_search_reads_no_vectors_and_finds_the_same(store):
    first = search(store)
    assert not in_memory(store)
    assert search(store) == first and in_memory(store)
    assert search(store) == first
    assert len(search(store, limit=1000)[0]) == 120


def test_a_change_is_found_at_once(store, model):
    for _ in range(3):
        search(store, limit=1000)
    new = add_made_up(store, model, 5, seed=9)
    for _ in range(3):
        assert {*new} <= {*search(store, limit=1000)[0]}
    store.drop_clips(new)
    for _ in range(3):
        assert not {*new} & {*search(store, limit=1000)[0]}
    store.maintain(thorough=True)  # rows move
    for _ in range(3):
        assert len(search(store, limit=1000)[0]) == 120


def test_conditions_are_left_to_the_tables(store):
    for _ in range(3):
        search(store)
    assert search(store, limit=1000, condition="has_speech")[0] == []
    ids, _ = search(store, limit=1000, condition="start < 1")
    assert len(ids) == 60


@pytest.mark.parametrize(("name", "value"), [("EXACT_BELOW", 100), ("MAX_BYTES", 100)])
def test_a_large_library_is_not_read_into_memory(store, monkeypatch, name, value):
    monkeypatch.setattr(pooled_vectors, name, value)
    for _ in range(3):
        search(store)
        assert not in_memory(store)


def test_an_empty_library_has_no_nearest_clips(tmp_path, model):
    (tmp_path / "films").mkdir()
    store = Library.create(tmp_path / "films", model).searchable.store
    for _ in range(3):
        assert store.nearest(np.ones(model.text_width, np.float32), 10, None) == []
