"""Searches libraries in two stages: finds candidates by every expert, then ranks them by exact scores."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hearsight.errors import HearsightError
from hearsight.experts.calibration import LIKELY
from hearsight.library.results import Filters, Hit, Mode, SearchResult, check_limit
from hearsight.library.search.clip_details import video_row
from hearsight.library.search.clip_vectors import Candidates
from hearsight.library.search.current_calibration import current_calibration
from hearsight.library.search.encoded_question import EncodedQuestion
from hearsight.library.search.explain import best_of_videos, explain
from hearsight.library.search.near_misses import suggest_corrections
from hearsight.library.search.notes import ADD_SIGHT, ADD_SOUND, ADD_TEXT, notes_for
from hearsight.library.search.question import Question
from hearsight.library.search.rank import rank
from hearsight.library.search.score import joint_calibrations, score_clips
from hearsight.library.search.view import Searchable, View
from hearsight.library.tables.windows import of_text
from hearsight.models.query_encoder import QueryEncoder

# Clips found by each expert in each library. With ENOUGH_CANDIDATES, a search is not widened.
MIN_CANDIDATES, CANDIDATES_PER_HIT, ENOUGH_CANDIDATES = 100, 7, 5000

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
    check_limit(limit)
    question = Question.parse(text)
    if mode == "speech" and not (question.words and question.words.has_words):
        raise HearsightError(
            f"the query {question.text.strip()[:40]!r} has no words to search transcripts for; add words, or leave out "
            "the mode 'speech'"
        )
    views = [View.open(library, filters, question=question) for library in libraries]
    views = calibrate_together(libraries, views, encoder)
    if not views:  # no library has a clip
        return SearchResult(question.text, mode, [], 0, 0, 0, 1000 * (time.perf_counter() - start))
    encoded = EncodedQuestion.encode(question, encoder, experts_of(views), sounds_of(views), can_read(views))
    check_senses(encoded, views, mode)

    def rank_nearest(count: int) -> Ranking:
        candidates = find_candidates(views, encoded, encoder, mode, count)
        return candidates, *rank(candidates, mode)

    result = best_moments(views, limit, rank_nearest, encoded, encoded.vector, mode, start, all_moments)
    suggestions = suggest_corrections(views, question, result, encoder) if mode != "dense" else []
    notes = notes_for(question, mode, views, result.matched)
    return replace(result, query=question.text, suggestions=suggestions, notes=notes)


def calibrate_together(libraries: Sequence[Searchable], views: Sequence[View], encoder: QueryEncoder) -> list[View]:
    """Return the views of libraries with calibrations whose scores can be compared; [] if none of them has a clip."""
    each = [
        current_calibration(library.store, view.snapshot, encoder, library.fingerprint)
        for library, view in zip(libraries, views, strict=True)
    ]
    pairs = zip(views, joint_calibrations(each), strict=False)  # without calibrations, no view is left
    return [replace(view, calibration=calibration) for view, calibration in pairs]


def experts_of(views: Sequence[View]) -> tuple[str, ...]:
    """Return the names of the text experts of calibrated views."""
    return tuple(dict.fromkeys(name for view in views for name in view.experts))


def sounds_of(views: Sequence[View]) -> tuple[str, ...]:
    """Return the names of the sound experts of calibrated views."""
    return tuple(dict.fromkeys(name for view in views for name in view.sounds))


def can_read(views: Sequence[View]) -> bool:
    """Return whether anything is read in pictures."""
    return any(view.texts for view in views)


def check_senses(question: EncodedQuestion, views: Sequence[View], mode: Mode) -> None:
    """Raise HearsightError for a part that asks for sights, sounds or text, where nothing is seen, heard or read."""
    senses = {part.sense for part in question.parts}
    if "seen" in senses and not any(view.can_see for view in views):
        raise HearsightError(
            "the query asks for something seen, and nothing in this library is seen: its model does not see, or its "
            f"files have no pictures; leave out seen:, or add {ADD_SIGHT}"
        )
    describes = mode == "hybrid" and any(view.describes_sounds for view in views)
    if "heard" in senses and not describes and not any(view.can_hear for view in views):
        raise HearsightError(
            "the query asks for something heard, and nothing in this library is heard: its model does not hear and has "
            "no sound expert on this machine, or its clips are silent, and no subtitles describe sounds; leave out "
            f"heard:, or add {ADD_SOUND}"
        )
    if "read" in senses and not can_read(views):
        raise HearsightError(
            "the query asks for something read in the picture, and no picture of this library has been read; leave out "
            f"read:, or {ADD_TEXT}"
        )


def best_moments(
    views: Sequence[View],
    limit: int,
    rank_nearest: Callable[[int], Ranking],
    question: EncodedQuestion | None,
    vector: NDArray[np.float32],
    mode: Mode,
    start: float,
    all_moments: bool = False,
) -> SearchResult:
    """Return the best moments of the best `limit` videos, or the best `limit` moments, of any videos.

    rank_nearest: ranks this number of the nearest clips of each library. question, vector: see `explain`.
    start: the time when the search began, by `time.perf_counter`.
    """
    first = rank_nearest(MIN_CANDIDATES)
    matches = count_matches(first)
    candidates, order, scores = rank_enough_videos(views, limit, rank_nearest, first, all_moments)
    rows = (order[:limit], [0] * len(order[:limit])) if all_moments else best_of_videos(candidates, order, limit)
    hits = explain(candidates, *rows, scores, question, vector, mode, views)
    videos = len({candidates.videos[row] for row in order})
    clips = sum(view.snapshot.clips for view in views)
    seconds = time.perf_counter() - start
    return SearchResult("", mode, hits, len(order), videos, clips, 1000 * seconds, matches=matches)


def count_matches(ranking: Ranking) -> int:
    """Return the number of videos with a match that is not weak."""
    candidates, order, _ = ranking
    return len({candidates.videos[row] for row in order if candidates.standard[row] >= LIKELY})


def moments(library: Searchable, text: str, encoder: QueryEncoder, mode: Mode, clip: str) -> list[Hit]:
    """Return every clip of a clip's video, in order of time. See `Library.moments`."""
    question = Question.parse(text)
    opened = View.open(library, Filters())
    video = video_row(library, clip, opened.snapshot).id
    [view] = views = calibrate_together([library], [opened], encoder)
    encoded = EncodedQuestion.encode(question, encoder, experts_of(views), sounds_of(views), can_read(views))
    check_senses(encoded, views, mode)
    words = encoded.words if mode != "dense" else None
    clips, matches = view.index.clips_of_video(video, words, encoder.extra)
    written = question.written_words if mode == "hybrid" else None
    text_matches = view.texts.match_video(video, written) if view.texts and written else {}
    sounds = view.match_sounds(question.sound_words, len(clips.ids), video) if mode == "hybrid" else {}
    candidates = score_clips(0, view, clips, matches, encoded, encoder, mode, text_matches, sounds)
    order, scores = rank(candidates, mode)
    order += sorted(set(range(len(candidates.ids))) - set(order))  # mode "speech" ranks no clip without the words
    hits = explain(candidates, order, [0] * len(order), scores, encoded, encoded.vector, mode, views)
    return sorted(hits, key=lambda hit: hit.start)


# Candidates


def rank_enough_videos(
    views: Sequence[View],
    limit: int,
    rank_nearest: Callable[[int], Ranking],
    first: Ranking,
    all_moments: bool = False,
) -> Ranking:
    """Rank enough candidates to cover `limit` videos, or all videos if there are fewer; or so many clips.

    first: the ranking of MIN_CANDIDATES. Returns fewer videos where `ENOUGH_CANDIDATES` clips belong to fewer.
    """
    clips = sum(view.snapshot.clips for view in views)
    videos = sum(len(view.snapshot.videos) for view in views)
    count, ranking = MIN_CANDIDATES, first
    enough = CANDIDATES_PER_HIT * min(limit, clips)
    while True:
        candidates, order, _ = ranking
        video_count = len(order) if all_moments else len({candidates.videos[row] for row in order})
        # The nearest clips may all be of one long film, so more are read if there are more.
        exhausted = not count <= len(candidates.ids) < ENOUGH_CANDIDATES
        if exhausted or (count >= enough and video_count >= min(limit, videos)):
            return ranking
        count = max(4 * count, enough)
        ranking = rank_nearest(count)


def find_candidates(
    views: Sequence[View],
    question: EncodedQuestion,
    encoder: QueryEncoder,
    mode: Mode,
    count: int,
) -> Candidates:
    """Return the clips nearest to a question by each expert, each clip once, with their scores.

    count: the number of clips that each expert contributes, in each library.
    """
    dense = question.vector if mode != "speech" and question.vector.any() else None  # zeros: a model without weights
    words = question.words if mode != "dense" else None
    written, described = None, None
    if mode == "hybrid":
        written, described = question.question.written_words, question.question.sound_words
    vectors = window_vectors(question, mode)
    parts = []
    for number, view in enumerate(views):
        own = [(name, vector) for name, vector in vectors if name in view.windows]
        texts = view.texts.match(written, count, view.condition) if view.texts and written else {}
        sounds = view.match_sounds(described, count)
        others = [*texts, *sounds]
        clips, matches = view.index.candidates(dense, words, own, count, view.condition, encoder.extra, others)
        parts.append(score_clips(number, view, clips, matches, question, encoder, mode, texts, sounds))
    return Candidates.join(parts)


def window_vectors(question: EncodedQuestion, mode: Mode) -> list[tuple[str, NDArray[np.float32]]]:
    """Return the vectors to compare with windows, each with the name of the windows; see `Calibration.windows`."""
    vectors = list[tuple[str, NDArray[np.float32]]]()
    for part in question.parts:
        if mode == "hybrid" and part.sense != "read":
            vectors += part.meanings.items()
        if mode == "hybrid" and part.sense != "said":
            vectors += [(of_text(name), vector) for name, vector in part.meanings.items()]
        if mode != "speech":
            vectors += part.sounds.items()
    return vectors
