"""Measures finding the nearest pooled vectors: by the first stage of a search, and by FAISS."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from growing_library_steps import TOP, WARM_UP, GrowingLibrary, recall, timed, truth

RERANKED = 1_000  # by whole vectors, after product quantisation


def hnsw(growing: GrowingLibrary) -> dict[str, Any]:
    return measure_faiss(growing, "HNSW32,Flat", "efSearch", [64, 128, 256, 512, 1024])


def ivf(growing: GrowingLibrary) -> dict[str, Any]:
    lists = max(64, 4 * round(growing.clips**0.5 / 4))
    return measure_faiss(growing, f"IVF{lists},PQ64,RFlat", "nprobe", [8, 16, 32, 64, 128, 256])


def measure_faiss(growing: GrowingLibrary, factory: str, parameter: str, values: Sequence[int]) -> dict[str, Any]:
    """Measure an index of FAISS with the smallest value of a parameter that finds 99 % of the nearest vectors.

    If none does, with the greatest.
    """
    import faiss

    from hearsight.library.tables.schema import read_vectors

    faiss.omp_set_num_threads(2)
    table = growing.library().searchable.store.clips.search().select(["id", "pooled"]).limit(None).to_arrow()
    vectors, ids = read_vectors(table, "pooled"), np.array(table["id"].to_pylist())
    del table
    begun = time.perf_counter()
    index = faiss.index_factory(vectors.shape[1], factory, faiss.METRIC_INNER_PRODUCT)
    index.train(vectors[:: max(1, len(vectors) // 100_000)])
    index.add(vectors)
    result: dict[str, Any] = {"factory": factory, "seconds": time.perf_counter() - begun}
    space = faiss.ParameterSpace()
    if "RFlat" in factory:
        space.set_index_parameter(index, "k_factor_rf", RERANKED // TOP)

    def ask(text: str, vector: torch.Tensor) -> list[str]:
        return list(ids[index.search(vector[None].numpy(), TOP)[1][0]])

    near = [list(clips[:TOP]) for clips in truth(growing)["near"]]
    for value in values:
        space.set_index_parameter(index, parameter, value)
        times, hits = timed(ask, growing.queries())
        result.update(times, recall=recall(hits, near), **{parameter: value})
        if result["recall"] >= 0.99:
            break
    return result


def ours(growing: GrowingLibrary) -> dict[str, Any]:
    """Measure the library's first stage on the same task: its candidates, ranked by full vectors."""
    from hearsight.library.search.search import MIN_CANDIDATES
    from hearsight.library.tables.schema import read_vectors

    store = growing.library().searchable.store

    def ask(text: str, vector: torch.Tensor) -> list[str]:
        hits = store.nearest(vector.numpy(), ["id", "pooled"], MIN_CANDIDATES, None)
        order = np.argsort(-(read_vectors(hits, "pooled") @ vector.numpy()))[:TOP]
        return list(hits["id"].take(order).to_pylist())

    timed(ask, growing.queries(WARM_UP, seed=1))
    times, hits = timed(ask, growing.queries())
    return {**times, "recall": recall(hits, [list(clips[:TOP]) for clips in truth(growing)["near"]])}
