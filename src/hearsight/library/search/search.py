"""Searches libraries in two stages: finds candidates by vectors and words, then ranks them by exact similarity."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hearsight.errors import HearsightError
from hearsight.library.results import Filters, Hit, Mode, SearchResult
from hearsight.library.search.candidates import Candidates, ClipVectors
from hearsight.library.search.clip_details import video_row
from hearsight.library.search.explain import best_of_videos, explain
from hearsight.library.search.query_words import Query, WordMatch
from hearsight.library.search.rank import rank
from hearsight.library.search.view import Searchable, View
from hearsight.library.tables.schema import extra_shapes
from hearsight.models.base import VideoTextModel
from hearsight.types import VideoEmbedding

MIN_CANDIDATES, CANDIDATES_PER_HIT, MAX_CANDIDATES = 100, 7, 5000
NO_MATCH = WordMatch()

# Clips, the rows of those that are found, best first, and the score of each row.
Ranking = tuple[Candidates, list[int], NDArray[Any]]


def search(
    libraries: Sequence[Searchable], text: str, model: VideoTextModel, mode: Mode, limit: int, filters: Filters
) -> SearchResult:
    """Search several libraries of a model as one. See `Library.search`."""
    start = time.perf_counter()
    query = Query.parse(text)
    if mode == "speech" and not query.content:
        raise HearsightError(
            f"{query.text.strip()[:40]!r} has no words that can be spoken; give words, or leave out the mode 'speech'"
        )
    vector = text_vector(query, model)
    views = [View.open(library, filters) for library in libraries]

    def rank_nearest(number: int) -> Ranking:
        candidates = find_candidates(views, query, vector, model, mode, number)
        return candidates, *rank(candidates, mode)

    return best_moments(views, limit, rank_nearest, query, vector, mode, start)


def best_moments(
    views: Sequence[View],
    limit: int,
    rank_nearest: Callable[[int], Ranking],
    query: Query | None,
    vector: NDArray[np.float32],
    mode: Mode,
    start: float,
) -> SearchResult:
    """Return the best moments of the best `limit` videos.

    rank_nearest: ranks the nearest so many clips of each library. query, vector: see `explain`. start: of the search,
    by `time.perf_counter`.
    """
    candidates, order, scores = rank_enough_videos(views, limit, rank_nearest)
    hits = explain(candidates, *best_of_videos(candidates, order, limit), scores, query, vector, mode, views)
    videos = len({candidates.videos[row] for row in order})
    clips = sum(view.snapshot.clips for view in views)
    text = query.text if query else ""
    return SearchResult(text, mode, hits, len(order), videos, clips, 1000 * (time.perf_counter() - start))


def moments(library: Searchable, text: str, model: VideoTextModel, mode: Mode, clip: str) -> list[Hit]:
    """Return every clip of a clip's video in order of time. See `Library.moments`."""
    query = Query.parse(text)
    vector = text_vector(query, model)
    view = View.open(library, Filters())
    video = video_row(library, clip).id
    clips, matches = view.index.of_video(video, query if mode != "dense" else None, extra_shapes(model))
    candidates = score(0, clips, matches, vector, model)
    order, scores = rank(candidates, mode)
    order += sorted(set(range(len(candidates.ids))) - set(order))  # in mode "speech", those without any of the words
    hits = explain(candidates, order, [0] * len(order), scores, query, vector, mode, [view])
    return sorted(hits, key=lambda hit: hit.start)


def text_vector(query: Query, model: VideoTextModel) -> NDArray[np.float32]:
    """Return a query's vector. Cached: people repeat searches, and turn pages."""
    return _text_vector(query.text, weakref.ref(model)).copy()


@lru_cache(maxsize=1000)
def _text_vector(text: str, reference: weakref.ref[VideoTextModel]) -> NDArray[np.float32]:
    model = reference()
    assert model is not None, "the caller holds it"
    with torch.inference_mode():
        vector: NDArray[np.float32] = model.encode_text(model.tokenize([text])).float().cpu().numpy()[0]
    return vector


# Candidates


def rank_enough_videos(views: Sequence[View], limit: int, rank_nearest: Callable[[int], Ranking]) -> Ranking:
    """Rank so many candidates that they are of `limit` videos, if there are so many."""
    clips = sum(view.snapshot.clips for view in views)
    videos = sum(len(view.snapshot.videos) for view in views)
    number = max(MIN_CANDIDATES, CANDIDATES_PER_HIT * min(limit, clips))
    while True:
        candidates, order, scores = rank_nearest(number)
        ranked_videos = len({candidates.videos[row] for row in order})
        # One long film can have all of the nearest clips: read more, if there are more.
        if ranked_videos >= min(limit, videos) or not number <= len(candidates.ids) < MAX_CANDIDATES:
            return candidates, order, scores
        number *= 4


def find_candidates(
    views: Sequence[View], query: Query, vector: NDArray[np.float32], model: VideoTextModel, mode: Mode, number: int
) -> Candidates:
    """Return the clips nearest in meaning and those that match the words, each once, with what ranks them.

    number: of either kind, in each library.
    """
    dense, words, extra = vector if mode != "speech" else None, query if mode != "dense" else None, extra_shapes(model)
    return Candidates.join(
        score(i, *view.index.candidates(dense, words, number, view.condition, extra), vector, model)
        for i, view in enumerate(views)
    )


def score(
    view: int,
    clips: ClipVectors,
    matches: Mapping[str, WordMatch],
    vector: NDArray[np.float32],
    model: VideoTextModel,
) -> Candidates:
    """Return clips with what ranks them. view: its number."""
    of_clips = [matches.get(id, NO_MATCH) for id in clips.ids]
    bm25, strength = (np.array([getattr(match, name) for match in of_clips]) for name in WordMatch._fields)
    videos = [(view, video) for video in clips.videos]
    return Candidates(clips.ids, videos, clips.row_ids, *similarities(clips, vector, model), bm25, strength)


def similarities(
    clips: ClipVectors, vector: NDArray[np.float32], model: VideoTextModel
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the model's exact similarity of each clip, and the cosine of each of its frames (-1 for padding)."""

    def float32(values: NDArray[Any]) -> torch.Tensor:  # torch converts faster than NumPy
        return torch.from_numpy(np.require(values, requirements="W")).to(model.device).float()

    frames = float32(clips.frames)
    mask, pooled, text = (torch.from_numpy(values).to(model.device) for values in (clips.mask, clips.pooled, vector))
    extra = {name: float32(values) for name, values in clips.extra.items()}
    with torch.inference_mode():
        video = VideoEmbedding.from_fields({"frames": frames, "mask": mask, "pooled": pooled, **extra})
        similarity: NDArray[np.float32] = model.similarity(text[None], video)[0].cpu().numpy()
        per_frame: NDArray[np.float32] = (frames @ text[: model.width]).cpu().numpy()
    return similarity, np.where(clips.mask, per_frame, np.float32(-1))
