"""Searches by example: finds the clips whose vectors are most like that of a clip, a picture or a sound."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hearsight.library.results import Filters, SearchResult
from hearsight.library.search.clip_details import clip_row
from hearsight.library.search.clip_vectors import Candidates
from hearsight.library.search.rank import rank
from hearsight.library.search.search import Ranking, best_moments
from hearsight.library.search.view import Searchable, View
from hearsight.library.tables.schema import read_vectors, video_of

if TYPE_CHECKING:
    from hearsight.models.base import VideoTextModel
    from hearsight.models.preprocess import ClipInputs

EPSILON = 1e-6
BLIND = "no moment can be compared with it, for the model of this library sees or hears nothing in it"


def similar(
    libraries: Sequence[Searchable], source: Searchable, clip: str, limit: int, filters: Filters
) -> SearchResult:
    """Return the moments of other videos that are most like a clip. source: the library that contains the clip."""
    vector = read_vectors(clip_row(source, clip, ["pooled"]), "pooled")[0]
    video = video_of(clip)
    views = [View.open(library, filters, video if library == source else None) for library in libraries]
    return nearest(views, vector, limit)


def search_by_example(
    libraries: Sequence[Searchable], model: VideoTextModel, example: ClipInputs, limit: int, filters: Filters
) -> SearchResult:
    """Return the moments that are most like an example. A branch that the example lacks is not compared."""
    import torch

    from hearsight.models.preprocess import collate

    batch = collate([example])
    missing = [name for name, has in (("audio", batch.has_audio), ("speech", batch.has_speech)) if not bool(has[0])]
    with torch.inference_mode():
        pooled = model.fuse(model.extract(batch), without=missing).pooled[0]
    return nearest([View.open(library, filters) for library in libraries], pooled.float().cpu().numpy(), limit)


def nearest(views: Sequence[View], vector: NDArray[np.float32], limit: int) -> SearchResult:
    """Return the best moments of the `limit` videos that are most like a pooled vector (D,); the score is the cosine.

    There is no second stage, which would compare frames: a pooled vector has none. Nothing is like a vector of zeros,
    that of a clip of which the model sees and hears nothing.
    """
    start = time.perf_counter()
    if not vector.any():
        clips = sum(view.snapshot.clips for view in views)
        return SearchResult("", "dense", [], 0, 0, clips, 1000 * (time.perf_counter() - start), notes=[BLIND])
    vector = vector / max(float(np.linalg.norm(vector)), EPSILON)

    def rank_nearest(count: int) -> Ranking:
        candidates = Candidates.join(_compare(i, view, vector, count) for i, view in enumerate(views))
        return candidates, *rank(candidates, "dense")

    return best_moments(views, limit, rank_nearest, None, vector, "dense", start)


def _compare(view_number: int, view: View, vector: NDArray[np.float32], limit: int) -> Candidates:
    clips, _ = view.index.candidates(vector, None, [], limit, view.condition, {})
    frames = clips.frames.astype(np.float32)
    per_frame = np.where(clips.mask, frames @ vector[: frames.shape[-1]], np.float32(-1))
    cosine = clips.pooled @ vector / np.linalg.norm(clips.pooled, axis=1).clip(EPSILON)
    zeros, unknown = np.zeros(len(clips.ids)), np.full(len(clips.ids), np.nan)
    videos = [(view_number, video) for video in clips.videos]
    scores = (cosine, per_frame, zeros, zeros, *[unknown] * 5, zeros, unknown, unknown)
    return Candidates(clips.ids, videos, clips.row_ids, *scores)
