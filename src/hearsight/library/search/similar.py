"""Finding moments by example: the clips whose vectors are most like a clip's own, or those of any picture or sound."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from hearsight.library.results import Filters, SearchResult
from hearsight.library.search.clip_details import clip_row
from hearsight.library.search.explain import Candidates
from hearsight.library.search.rank import Ranking, best_moments, rank
from hearsight.library.search.view import Place, View
from hearsight.library.tables.schema import read_vectors, video_of
from hearsight.models.base import VideoTextModel
from hearsight.models.preprocess import ClipInputs, collate

LEAST = 1e-6


def similar(places: Sequence[Place], source: Place, clip: str, limit: int, filters: Filters) -> SearchResult:
    """Return the moments of other videos that are most like a clip. source: the library that the clip is in."""
    vector = read_vectors(clip_row(source, clip, ["pooled"]), "pooled")[0]
    views = [View.of(place, filters, besides=video_of(clip) if place == source else None) for place in places]
    return nearest(views, vector, limit)


def search_by_example(
    places: Sequence[Place], model: VideoTextModel, example: ClipInputs, limit: int, filters: Filters
) -> SearchResult:
    """Return the moments that are most like an example. A branch that the example lacks is not compared."""
    batch = collate([example])
    missing = [name for name, has in (("audio", batch.has_audio), ("speech", batch.has_speech)) if not bool(has[0])]
    with torch.inference_mode():
        pooled = model.fuse(model.extract(batch), without=missing).pooled[0]
    return nearest([View.of(place, filters) for place in places], pooled.float().cpu().numpy(), limit)


def nearest(views: Sequence[View], vector: NDArray[np.float32], limit: int) -> SearchResult:
    """The best moments of the `limit` videos that are most like a pooled vector (D,); the score is the cosine.

    A pooled vector has no finer grains that could be compared: there is no second stage.
    """
    begun = time.perf_counter()
    vector = vector / max(float(np.linalg.norm(vector)), LEAST)

    def find(wanted: int) -> Ranking:
        found = Candidates.joined([_compared(number, view, vector, wanted) for number, view in enumerate(views)])
        return found, *rank(found, "dense")

    return best_moments(views, limit, find, None, vector, "dense", begun)


def _compared(number: int, view: View, vector: NDArray[np.float32], wanted: int) -> Candidates:
    clips, _ = view.candidates(vector, None, wanted)
    frames = clips.frames.astype(np.float32)
    per_frame = np.where(clips.mask, frames @ vector[: frames.shape[-1]], np.float32(-1))
    cosine = clips.pooled @ vector / np.linalg.norm(clips.pooled, axis=1).clip(LEAST)
    nothing = np.zeros(len(clips.ids))
    videos = [(number, video) for video in clips.videos]
    return Candidates(clips.ids, videos, clips.at, cosine, per_frame, nothing, nothing)
