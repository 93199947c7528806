"""Searches libraries in two stages: finds candidates by vectors and words, then ranks them by exact similarity."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hearsight.errors import HearsightError
from hearsight.library.results import Filters, Hit, Mode, SearchResult
from hearsight.library.search.clip_details import video_row
from hearsight.library.search.clip_vectors import Candidates, ClipVectors
from hearsight.library.search.explain import best_of_videos, explain
from hearsight.library.search.near_misses import suggest_corrections
from hearsight.library.search.query_words import Query, WordMatch
from hearsight.library.search.question import Question
from hearsight.library.search.rank import rank
from hearsight.library.search.view import Searchable, View
from hearsight.models.query_encoder import QueryEncoder

# Clips found by vector, and as many by words, in each library. With ENOUGH_CANDIDATES, a search is not widened.
MIN_CANDIDATES, CANDIDATES_PER_HIT, ENOUGH_CANDIDATES = 100, 7, 5000
NO_MATCH = WordMatch()

# Candidates, their rows, best first, and the score of each row (see `rank`).
Ranking = tuple[Candidates, list[int], NDArray[Any]]


def search(
    libraries: Sequence[Searchable],
    text: str,
    encoder: QueryEncoder,
    mode: Mode,
    limit: int,
    filters: Filters,
    all_moments: bool = False,
) -> SearchResult:
    """Search several libraries of one model together. See `Library.search`."""
    start = time.perf_counter()
    question = Question.parse(text)
    question.check_senses()
    query = question.words
    if mode == "speech" and not (query and query.content_stems):
        raise HearsightError(
            f"the query {question.text.strip()[:40]!r} has no words to search transcripts for; add words, or leave out "
            "the mode 'speech'"
        )
    vector = text_vector(question.meaning, encoder)
    views = [View.open(library, filters, question=question) for library in libraries]

    def rank_nearest(count: int) -> Ranking:
        candidates = find_candidates(views, query, vector, encoder, mode, count)
        return candidates, *rank(candidates, mode)

    result = best_moments(views, limit, rank_nearest, query, vector, mode, start, all_moments)
    suggestions = suggest_corrections(views, question, result.hits) if mode != "dense" else []
    return replace(result, query=question.text, suggestions=suggestions)


def best_moments(
    views: Sequence[View],
    limit: int,
    rank_nearest: Callable[[int], Ranking],
    query: Query | None,
    vector: NDArray[np.float32],
    mode: Mode,
    start: float,
    all_moments: bool = False,
) -> SearchResult:
    """Return the best moments of the best `limit` videos, or the best `limit` moments, of any videos.

    rank_nearest: ranks this number of the nearest clips of each library. query, vector: see `explain`. start: the time
    when the search began, by `time.perf_counter`.
    """
    candidates, order, scores = rank_enough_videos(views, limit, rank_nearest, all_moments)
    rows = (order[:limit], [0] * len(order[:limit])) if all_moments else best_of_videos(candidates, order, limit)
    hits = explain(candidates, *rows, scores, query, vector, mode, views)
    videos = len({candidates.videos[row] for row in order})
    clips = sum(view.snapshot.clips for view in views)
    return SearchResult("", mode, hits, len(order), videos, clips, 1000 * (time.perf_counter() - start))


def moments(library: Searchable, text: str, encoder: QueryEncoder, mode: Mode, clip: str) -> list[Hit]:
    """Return every clip of a clip's video, in order of time. See `Library.moments`."""
    question = Question.parse(text)
    question.check_senses()
    query, vector = question.words, text_vector(question.meaning, encoder)
    view = View.open(library, Filters())
    video = video_row(library, clip).id
    clips, matches = view.index.clips_of_video(video, query if mode != "dense" else None, encoder.extra)
    candidates = score_clips(0, clips, matches, vector, encoder)
    order, scores = rank(candidates, mode)
    order += sorted(set(range(len(candidates.ids))) - set(order))  # mode "speech" ranks no clip without the words
    hits = explain(candidates, order, [0] * len(order), scores, query, vector, mode, [view])
    return sorted(hits, key=lambda hit: hit.start)


def text_vector(text: str, encoder: QueryEncoder) -> NDArray[np.float32]:
    """Return a text's vector, (D,). Cached, because people repeat searches and turn pages."""
    return _text_vector(text, weakref.ref(encoder)).copy()


@lru_cache(maxsize=1000)
def _text_vector(text: str, reference: weakref.ref[QueryEncoder]) -> NDArray[np.float32]:
    encoder = reference()
    assert encoder is not None, "the caller has a reference to the encoder"
    vector: NDArray[np.float32] = encoder.encode([text])[0]
    return vector


# Candidates


def rank_enough_videos(
    views: Sequence[View], limit: int, rank_nearest: Callable[[int], Ranking], all_moments: bool = False
) -> Ranking:
    """Rank enough candidates to cover `limit` videos, or all videos if there are fewer; or so many clips.

    Returns fewer videos where `ENOUGH_CANDIDATES` clips belong to fewer.
    """
    clips = sum(view.snapshot.clips for view in views)
    videos = sum(len(view.snapshot.videos) for view in views)
    count = max(MIN_CANDIDATES, CANDIDATES_PER_HIT * min(limit, clips))
    while True:
        candidates, order, scores = rank_nearest(count)
        video_count = len(order) if all_moments else len({candidates.videos[row] for row in order})
        # The nearest clips may all be of one long film, so more are read if there are more.
        if video_count >= min(limit, videos) or not count <= len(candidates.ids) < ENOUGH_CANDIDATES:
            return candidates, order, scores
        count *= 4


def find_candidates(
    views: Sequence[View],
    query: Query | None,
    vector: NDArray[np.float32],
    encoder: QueryEncoder,
    mode: Mode,
    count: int,
) -> Candidates:
    """Return the clips nearest in meaning and those that match the words, each once, with their scores.

    count: the number of clips of either kind, in each library.
    """
    dense, words = vector if mode != "speech" else None, query if mode != "dense" else None
    return Candidates.join(
        score_clips(i, *view.index.candidates(dense, words, count, view.condition, encoder.extra), vector, encoder)
        for i, view in enumerate(views)
    )


def score_clips(
    view_number: int,
    clips: ClipVectors,
    matches: Mapping[str, WordMatch],
    vector: NDArray[np.float32],
    encoder: QueryEncoder,
) -> Candidates:
    """Return clips with their scores for a query. matches: of the clips that contain words of the query, by id."""
    word_matches = [matches.get(id, NO_MATCH) for id in clips.ids]
    bm25, strength = (np.array([getattr(match, name) for match in word_matches]) for name in WordMatch._fields)
    videos = [(view_number, video) for video in clips.videos]
    fields = {"pooled": clips.pooled, "frames": clips.frames, "mask": clips.mask, **clips.extra}
    return Candidates(clips.ids, videos, clips.row_ids, *encoder.similarity(vector, fields), bm25, strength)
