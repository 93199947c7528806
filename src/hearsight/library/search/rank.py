"""Finding moments: two stages of meaning, and the words that are said.

By meaning ("dense"): the clips whose pooled vectors are nearest to the query's, then the exact similarity of the model
on their frame vectors. By words ("speech"): BM25 over the transcripts. "hybrid" adds the reciprocal ranks of both
(Cormack et al., SIGIR 2009; k = 60).

Plain reciprocal rank fusion lets any transcript that shares a word with a query overtake the clip that shows it: being
first by words is worth as much as being first by sight. So a transcript only takes part if it has at least half of the
query's content words, and its share is weighed by how surely it says what is asked (`Query.strength`): a line quoted
from memory counts fully and comes first, one word in common counts a third and helps a clip that already looks right.

How often the right clip comes first, over 400 Soundstage scenes with a fifth of the spoken words misheard, and beside a
made-up model that puts the right clips three deviations above the others, but for quotations knows nothing:

                                     sight   sound   sight and sound   quotation
    the model alone                   0.85    1.00              0.63        0.01
    plain fusion                      0.63    0.94              0.32        0.06
    half of the words, unweighed      0.79    0.94              0.63        0.36
    half of the words, weighed        0.84    1.00              0.63        0.64

Queries that reword what is said share too few words to gain: those are the speech branch's to find.
"""

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
from hearsight.library.search.candidates import Ranked
from hearsight.library.search.clip_details import video_row
from hearsight.library.search.explain import Candidates, explain, grouped
from hearsight.library.search.query import Query, Said
from hearsight.library.search.view import Place, View
from hearsight.models.base import VideoTextModel
from hearsight.types import VideoEmbedding

CANDIDATES, PER_HIT, MOST_CANDIDATES = 100, 7, 5000
K = 60
FIRST_BY_BOTH = 2 / (K + 1)
SILENCE = Said()

# Clips, the rows of those that are found, best first, and the score of each row.
Ranking = tuple[Candidates, list[int], NDArray[Any]]


def search(
    places: Sequence[Place], text: str, model: VideoTextModel, mode: Mode, limit: int, filters: Filters
) -> SearchResult:
    """See `Library.search`. Several libraries, all of this model, are searched as one."""
    begun = time.perf_counter()
    query = Query.of(text)
    if mode == "speech" and not query.content:
        raise HearsightError(f"nobody can say {query.text.strip()[:40]!r}; give words, or leave out the mode 'speech'")
    vector = text_vector(query, model)
    views = [View.of(place, filters) for place in places]

    def find(wanted: int) -> Ranking:
        found = candidates(views, query, vector, model, mode, wanted)
        return found, *rank(found, mode)

    return best_moments(views, limit, find, query, vector, mode, begun)


def best_moments(
    views: Sequence[View],
    limit: int,
    find: Callable[[int], Ranking],
    query: Query | None,
    vector: NDArray[np.float32],
    mode: Mode,
    begun: float,
) -> SearchResult:
    """The best moments of the best `limit` videos.

    find: what is found among the nearest so many clips of each library. query, vector: see `explain`. begun: by
    `time.perf_counter`.
    """
    found, order, scores = of_enough_videos(views, limit, find)
    hits = explain(found, *grouped(found, order, limit), scores, query, vector, mode, views)
    videos = len({found.videos[row] for row in order})
    clips = sum(view.snapshot.clips for view in views)
    text = query.text if query else ""
    return SearchResult(text, mode, hits, len(order), videos, clips, 1000 * (time.perf_counter() - begun))


def moments(place: Place, text: str, model: VideoTextModel, mode: Mode, clip: str) -> list[Hit]:
    """Return every clip of a clip's video in order of time. See `Library.moments`."""
    query = Query.of(text)
    vector = text_vector(query, model)
    view = View.of(place, Filters())
    video = video_row(place, clip).id
    found = compared(0, *view.of_video(video, query if mode != "dense" else None), vector, model)
    order, scores = rank(found, mode)
    order += sorted(set(range(len(found.ids))) - set(order))  # in mode "speech", those that say none of the words
    hits = explain(found, order, [0] * len(order), scores, query, vector, mode, [view])
    return sorted(hits, key=lambda hit: hit.start)


def text_vector(query: Query, model: VideoTextModel) -> NDArray[np.float32]:
    """The query as clips' pooled vectors are compared with it. Remembered: people ask again, and turn pages."""
    return _text_vector(query.text, weakref.ref(model)).copy()


@lru_cache(maxsize=1000)
def _text_vector(text: str, of: weakref.ref[VideoTextModel]) -> NDArray[np.float32]:
    model = of()
    assert model is not None, "held by who asks"
    with torch.inference_mode():
        vector: NDArray[np.float32] = model.encode_text(model.tokenize([text])).float().cpu().numpy()[0]
    return vector


# Which clips


def of_enough_videos(views: Sequence[View], limit: int, find: Callable[[int], Ranking]) -> Ranking:
    """What is found among so many candidates that they are of `limit` videos, if there are so many."""
    clips = sum(view.snapshot.clips for view in views)
    known = sum(len(view.snapshot.videos) for view in views)
    wanted = max(CANDIDATES, PER_HIT * min(limit, clips))
    while True:
        found, order, scores = find(wanted)
        videos = len({found.videos[row] for row in order})
        # One long film can fill all places: look further, where there is more.
        if videos >= min(limit, known) or not wanted <= len(found.ids) < MOST_CANDIDATES:
            return found, order, scores
        wanted *= 4


def candidates(
    views: Sequence[View], query: Query, vector: NDArray[np.float32], model: VideoTextModel, mode: Mode, wanted: int
) -> Candidates:
    """The clips nearest in meaning and those found by words, each once, with everything that ranks them.

    wanted: how many of either, of each library.
    """
    parts = []
    for number, view in enumerate(views):
        clips = view.candidates(vector if mode != "speech" else None, query if mode != "dense" else None, wanted)
        parts.append(compared(number, *clips, vector, model))
    return Candidates.joined(parts)


def compared(
    number: int, clips: Ranked, said: Mapping[str, Said], vector: NDArray[np.float32], model: VideoTextModel
) -> Candidates:
    """Clips of the view of this number, with everything that ranks them."""
    words = [said.get(id, SILENCE) for id in clips.ids]
    bm25, strength = (np.array([getattr(worth, name) for worth in words]) for name in Said._fields)
    videos = [(number, video) for video in clips.videos]
    return Candidates(clips.ids, videos, clips.at, *score(clips, vector, model), bm25, strength)


def score(
    clips: Ranked, vector: NDArray[np.float32], model: VideoTextModel
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The model's exact similarity of each clip, and the cosine of each of its frames (-1 for padding)."""
    # torch widens faster than NumPy
    frames = torch.from_numpy(np.require(clips.frames, requirements="W")).to(model.device).float()
    mask, pooled, text = (torch.from_numpy(values).to(model.device) for values in (clips.mask, clips.pooled, vector))
    with torch.inference_mode():
        video = VideoEmbedding(frames, mask, pooled, vision=frames)
        similarity: NDArray[np.float32] = model.similarity(text[None], video)[0].cpu().numpy()
        per_frame: NDArray[np.float32] = (frames @ text[: model.width]).cpu().numpy()
    return similarity, np.where(clips.mask, per_frame, np.float32(-1))


# In which order


def rank(found: Candidates, mode: Mode) -> tuple[list[int], NDArray[Any]]:
    """Rows, best first, and the score of each row. Equal ones are in order of their ids."""
    names = np.empty(len(found.ids), np.int64)  # the place of each id among them all
    names[sorted(range(len(names)), key=found.ids.__getitem__)] = np.arange(len(names))
    by_meaning = _order(names, found.similarity)
    if mode == "dense":
        return by_meaning.tolist(), found.similarity
    if mode == "speech":
        by_words = _order(names, found.bm25)
        return by_words[found.bm25[by_words] > 0].tolist(), found.bm25
    scores = np.zeros(len(names))
    scores[by_meaning] = 1 / (K + np.arange(1, len(names) + 1))
    said = _order(names, found.strength, found.bm25)
    scores[said] += found.strength[said] / (K + np.arange(1, len(names) + 1))
    scores *= 100 / FIRST_BY_BOTH
    return _order(names, scores).tolist(), scores


def _order(names: NDArray[np.int64], *scores: NDArray[Any]) -> NDArray[np.int64]:
    """Rows, of the highest scores first. The first scores decide, then the next ones, then the names."""
    order: NDArray[np.int64] = np.lexsort((names, *(-score for score in reversed(scores))))
    return order
