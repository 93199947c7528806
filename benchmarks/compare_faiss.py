"""The nearest pooled vectors alone: the first stage of a search, and FAISS on the same vectors beside it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from growing_library import TOP, WARM_UP, Made, recall, timed, truth

RERANKED = 1_000  # by whole vectors, after product quantisation


def hnsw(made: Made) -> dict[str, Any]:
    return beside(made, "HNSW32,Flat", "efSearch", [64, 128, 256, 512, 1024])


def ivf(made: Made) -> dict[str, Any]:
    lists = max(64, 4 * round(made.clips**0.5 / 4))
    return beside(made, f"IVF{lists},PQ64,RFlat", "nprobe", [8, 16, 32, 64, 128, 256])


def beside(made: Made, factory: str, parameter: str, values: Sequence[int]) -> dict[str, Any]:
    """An index of FAISS, with the least value of a parameter that finds 99 % of the nearest, or the greatest."""
    import faiss

    from hearsight.library.tables.schema import read_vectors

    faiss.omp_set_num_threads(2)
    table = made.library().place.store.clips.search().select(["id", "pooled"]).limit(None).to_arrow()
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

    near = [list(clips[:TOP]) for clips in truth(made)["near"]]
    for value in values:
        space.set_index_parameter(index, parameter, value)
        times, found = timed(ask, made.queries())
        result.update(times, recall=recall(found, near), **{parameter: value})
        if result["recall"] >= 0.99:
            break
    return result


def ours(made: Made) -> dict[str, Any]:
    """The library's first stage, asked for what FAISS is asked for: its candidates, ranked by whole vectors."""
    from hearsight.library.search.rank import CANDIDATES
    from hearsight.library.tables.schema import read_vectors

    store = made.library().place.store

    def ask(text: str, vector: torch.Tensor) -> list[str]:
        found = store.nearest(vector.numpy(), ["id", "pooled"], CANDIDATES, None)
        order = np.argsort(-(read_vectors(found, "pooled") @ vector.numpy()))[:TOP]
        return list(found["id"].take(order).to_pylist())

    timed(ask, made.queries(WARM_UP, seed=1))
    times, found = timed(ask, made.queries())
    return {**times, "recall": recall(found, [list(clips[:TOP]) for clips in truth(made)["near"]])}
