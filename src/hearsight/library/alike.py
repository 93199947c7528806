"""Finding moments by example: the clips whose vectors are most like a clip's own, or those of any picture or sound."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hearsight.library.explain import Candidates, explain, grouped
from hearsight.library.results import SearchResult
from hearsight.library.schema import read_mask, read_vectors
from hearsight.library.search import CANDIDATES, PER_HIT, RANKED, shown
from hearsight.library.view import View

LEAST = 1e-6


def alike(views: Sequence[View], vector: NDArray[np.float32], limit: int) -> SearchResult:
    """The best moments of the `limit` videos that are most like a pooled vector (D,); the score is the cosine.

    A pooled vector has no finer grains that could be compared: there is no second stage.
    """
    begun = time.perf_counter()
    vector = vector / max(float(np.linalg.norm(vector)), LEAST)
    clips = sum(view.snapshot.clips for view in views)
    wanted = max(CANDIDATES, PER_HIT * min(limit, clips))
    tables = [shown([view.nearest(vector, RANKED, wanted)], view) for view in views]
    videos = [(number, video) for number, part in enumerate(tables) for video in part["video"].to_pylist()]
    table = pa.concat_tables(tables)
    if not len(table):
        return SearchResult("", "dense", [], 0, 0, clips, 1000 * (time.perf_counter() - begun))

    mask, pooled = read_mask(table), read_vectors(table, "pooled")
    frames = read_vectors(table, "frames").reshape(*mask.shape, -1)
    per_frame = np.where(mask, frames @ vector[: frames.shape[-1]], np.float32(-1))
    cosine = pooled @ vector / np.linalg.norm(pooled, axis=1).clip(LEAST)
    nothing = np.zeros(len(table))
    found = Candidates(table["id"].to_pylist(), videos, cosine, per_frame, nothing, nothing)
    order: list[int] = np.lexsort((np.array(found.ids), -cosine)).tolist()
    hits = explain(found, *grouped(found, order, limit), cosine, None, vector, "dense", views)
    return SearchResult("", "dense", hits, len(order), len(set(videos)), clips, 1000 * (time.perf_counter() - begun))
