"""Searches by example: finds the clips that are most like a clip, a picture or a sound, by what is seen, heard or said.

What is compared by one sense is what its expert compares: the model's vector without sound and speech for "seen"; the
windows of the sound expert for "heard", and those of the text expert for "said": of all pairs of a window of the
example with one of the clip, the most similar counts. Where a library has no such expert, it is what the sense adds to
the model's vector.

By all senses, every expert is asked: the model by its pooled vector, a sound expert, and a text expert if the model
does not read. Cosines of different experts cannot be compared: unrelated sounds may have 0.6, and unrelated pictures
0.2. So those of each expert are put into deviations from the mean of all candidates, which are the clips nearest by
any expert. The score is the mean over the experts of the example, where what is below the mean of the candidates, or
lacks what the expert compares, counts as the mean: a clip that is like in picture and sound comes before one that is so
in picture alone, and that is no less like for a sound that is not. Where there is only one expert, the score is its
cosine.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hearsight.errors import HearsightError
from hearsight.experts.calibration import Scale
from hearsight.library.results import Filters, SearchResult, Sense, check_limit
from hearsight.library.search.clip_vectors import Candidates, ClipVectors, Likeness
from hearsight.library.search.encoded_example import (
    MODEL,
    PARTS,
    EncodedExample,
    ExpertVectors,
    experts_with_windows,
    sense_parts,
    sound_experts_of,
)
from hearsight.library.search.notes import ADD_SIGHT, ADD_SOUND, missing_sound_expert
from hearsight.library.search.rank import rank
from hearsight.library.search.search import Ranking, best_moments
from hearsight.library.search.senses import SENSES
from hearsight.library.search.view import Searchable, View
from hearsight.library.tables.schema import video_of
from hearsight.media.audio import SAMPLE_RATE
from hearsight.media.example import Example, decode_example

if TYPE_CHECKING:
    from hearsight.experts.sound_expert import SoundExpert
    from hearsight.models.base import VideoTextModel

EPSILON = 1e-6
MOST_WINDOWS = 16  # of an example and an expert, that candidates are found by; all of them are compared with these
BLIND = "no moment can be compared with it, for the experts of this library see, hear and read nothing in it"
NOUNS = {"seen": "pictures", "heard": "sound", "said": "words"}
EXPERTS = {"seen": ADD_SIGHT, "heard": ADD_SOUND, "said": "a text expert with: hearsight index FOLDER --meaning NAME"}

Array = NDArray[np.float64]


def similar(
    libraries: Sequence[Searchable],
    source: Searchable,
    clip: str,
    limit: int,
    filters: Filters,
    by: Sense | None = None,
) -> SearchResult:
    """Return the moments of other videos that are most like a clip. source: the library that contains the clip.

    by: the sense to compare; None for all. Raises HearsightError for a clip that lacks it.
    """
    start = time.perf_counter()
    check_limit(limit)
    check_sense(by)
    example = EncodedExample.of_clip(source, clip)
    if by is not None and not example.choose(by):
        raise HearsightError(
            f"the moment {clip} cannot be compared by what is {by}: it has no {NOUNS[by]}, or nothing in its library "
            f"compares them; compare it by something else, or add {EXPERTS[by]}"
        )
    video = video_of(clip)
    views = [View.open(library, filters, video if library == source else None) for library in libraries]
    return nearest(views, example, by, limit, start)


def search_by_example(
    libraries: Sequence[Searchable],
    model: VideoTextModel,
    example: str | Path | Example,
    limit: int,
    filters: Filters,
    by: Sense | None = None,
) -> SearchResult:
    """Return the moments that are most like an example: a file, or what is decoded of one.

    by: the sense to compare; None for all. What is said in a file is not compared, for nothing transcribes it. Raises
    HearsightError for a file that cannot be decoded, and for one that lacks what is asked for.
    """
    start = time.perf_counter()
    check_limit(limit)
    check_sense(by)
    if by == "said":
        raise HearsightError(
            "what is said in an example is not compared, for it is not transcribed; search for its words, or by what "
            "is seen or heard"
        )
    views = [View.open(library, filters) for library in libraries]
    experts, missing = sound_experts_of(views)
    if not isinstance(example, Example):
        example = decode_example(Path(example), model.config.frames, _sample_rates(model, experts, missing))
    encoded = EncodedExample.of_file(example, model, experts)
    if by is not None and not encoded.choose(by):
        raise _lacking(by, example, bool(experts) or model.audio_rate is not None, missing)
    result = nearest(views, encoded, by, limit, start)
    notes = [missing_sound_expert(missing[0])] if missing and example.sounds and by != "seen" else []
    return replace(result, notes=[*notes, *result.notes])


def check_sense(by: str | None) -> None:
    """Raise HearsightError for what is not a sense."""
    if by is not None and by not in SENSES:
        raise HearsightError(f"cannot compare by {by!r}; choose seen, heard or said, or leave it out to compare by all")


def _sample_rates(model: VideoTextModel, experts: Sequence[SoundExpert], missing: Sequence[str]) -> set[int]:
    """Return the rates at which the sound of an example is compared, or would be if an expert were not missing."""
    by_model = {model.audio_rate} if model.audio_rate is not None else {SAMPLE_RATE} if missing else set()
    return by_model | {expert.sample_rate for expert in experts}


def _lacking(by: Sense, example: Example, hears: bool, missing: Sequence[str]) -> HearsightError:
    """Return the error of an example that cannot be compared by a sense. hears: whether anything compares sounds."""
    if by == "seen" and example.frames:
        return HearsightError(f"nothing in this library is seen; search by what is heard, or add {ADD_SIGHT}")
    if by == "heard" and not hears:
        nothing = f"nothing in this library is heard; search by what is seen, or add {ADD_SOUND}"
        return HearsightError(missing_sound_expert(missing[0]) if missing else nothing)
    lack = "has no pictures" if by == "seen" else "has no sound, or is silent"
    wanted = "a picture or a video" if by == "seen" else "a sound or a video with sound"
    return HearsightError(f"the example {lack}, so it cannot be compared by what is {by}; use {wanted}")


def nearest(views: Sequence[View], example: EncodedExample, by: Sense | None, limit: int, start: float) -> SearchResult:
    """Return the best moments of the `limit` videos that are most like an example. start: see `best_moments`.

    There is no second stage, which would compare frames: a pooled vector has none.
    """
    experts, senses = example.choose(by), list[str](example.by_sense)
    if not experts:
        clips = sum(view.snapshot.clips for view in views)
        milliseconds = 1000 * (time.perf_counter() - start)
        return SearchResult("", "dense", [], 0, 0, clips, milliseconds, notes=[BLIND], senses=senses)
    scales = list[Scale]()  # of the first candidates, so that scores do not depend on how many there are

    def rank_nearest(count: int) -> Ranking:
        candidates = Candidates.join(_compare(i, view, experts, count) for i, view in enumerate(views))
        if not scales:
            scales.extend(Scale.of(each.cosines) for each in candidates.likenesses)
        return _rank(candidates, scales)

    vector = experts[0].vectors[0] if experts[0].expert == MODEL else example.pooled[0]
    result = best_moments(views, limit, rank_nearest, None, vector, "dense", start)
    notes = _notes_on_libraries(views, experts, by)
    return replace(result, notes=notes, senses=senses)


def _rank(candidates: Candidates, scales: Sequence[Scale]) -> Ranking:
    """Rank candidates by all experts, without those that lack everything that is compared."""
    likenesses = candidates.likenesses
    if len(likenesses) > 1:
        likenesses = [
            replace(each, standard=scale.apply(each.cosines)) for each, scale in zip(likenesses, scales, strict=True)
        ]
    standard = np.stack([each.standard for each in likenesses])
    comparable = np.logical_or.reduce(np.isfinite(standard))
    scores = np.nan_to_num(standard, nan=0.0)
    scores = scores[0] if len(likenesses) == 1 else np.maximum(scores, 0).mean(axis=0)
    first = np.where(np.isfinite(standard), standard, -np.inf).argmax(axis=0)
    cosines = np.stack([each.cosines for each in likenesses])[first, np.arange(len(first))]
    order, _ = rank(replace(candidates, similarity=scores), "dense")
    candidates = replace(candidates, similarity=cosines, likenesses=likenesses)
    return candidates, [row for row in order if comparable[row]], scores


def _compare(number: int, view: View, experts: Sequence[ExpertVectors], count: int) -> Candidates:
    """Return the clips of a view that are nearest to an example by each expert, compared by all of them.

    number: of the view in the search. count: the number of clips that each expert, or window of one, contributes.
    """
    has_windows = experts_with_windows(view)
    model = next((_unit(each.vectors[0]) for each in experts if each.expert == MODEL), None)
    window_vectors = [
        (each.expert, vector)
        for each in experts
        if (each.expert, each.fingerprint) in has_windows
        for vector in _spread(each.vectors)
    ]
    clips, _ = view.index.candidates(model, None, window_vectors, count, view.condition, {})
    n, likenesses = len(clips.ids), list[Likeness]()
    for each in experts:
        cosines, starts = np.full(n, np.nan), np.full(n, np.nan)
        if each.expert == MODEL:
            cosines = _cosines(view, clips, each.sense, _unit(each.vectors[0]))
        elif (each.expert, each.fingerprint) in has_windows:
            cosines, starts = view.index.windows_of(each.expert, clips.ids).best_pairs(each.vectors, n)
        likenesses.append(Likeness(each.expert, each.sense, cosines, cosines, starts))
    unknown = np.full(n, np.nan)
    return Candidates(
        ids=clips.ids,
        videos=[(number, video) for video in clips.videos],
        row_ids=clips.row_ids,
        similarity=np.zeros(n, np.float32),
        per_frame=_compare_frames(clips, experts[0]),
        bm25=np.zeros(n),
        strength=np.zeros(n),
        standard=unknown,
        model=unknown,
        meaning=unknown,
        spoken=unknown,
        sound=unknown,
        text_strength=np.zeros(n),
        text=unknown,
        written=unknown,
        sound_strength=np.zeros(n),
        described=unknown,
        likenesses=likenesses,
    )


def _cosines(view: View, clips: ClipVectors, sense: Sense | None, vector: NDArray[np.float32]) -> Array:
    """Return the cosines of a unit vector (D,) with what the model senses in clips; NaN for a clip that lacks it."""
    vectors = clips.pooled
    if sense is not None:
        table = view.index.rows(dict(zip(clips.ids, clips.row_ids, strict=True)), ["id", *PARTS])
        row_of = {id: row for row, id in enumerate(table["id"].to_pylist())}
        vectors = np.zeros_like(clips.pooled)
        present = [row for row, id in enumerate(clips.ids) if id in row_of]  # the others were removed meanwhile
        vectors[present] = sense_parts(table)[sense][[row_of[clips.ids[row]] for row in present]]
    norms = np.linalg.norm(vectors, axis=1)
    return np.where(norms > EPSILON, vectors @ vector / norms.clip(EPSILON), np.nan).astype(np.float64)


def _compare_frames(clips: ClipVectors, expert: ExpertVectors) -> NDArray[np.float32]:
    """Return the cosines of clips' frames with the example's pictures, (n, F); -1 where nothing is compared."""
    frames = clips.frames.astype(np.float32)
    if expert.expert != MODEL or expert.sense in ("heard", "said"):
        return np.full(frames.shape[:2], np.float32(-1))
    per_frame: NDArray[np.float32] = np.where(
        clips.mask, frames @ _unit(expert.vectors[0])[: frames.shape[-1]], np.float32(-1)
    )
    return per_frame


def _unit(vector: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vector / np.float32(max(float(np.linalg.norm(vector)), EPSILON))
    return unit


def _spread(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return at most MOST_WINDOWS of some windows, spread evenly."""
    rows = np.linspace(0, len(vectors) - 1, min(len(vectors), MOST_WINDOWS)).astype(int)
    spread: NDArray[np.float32] = vectors[rows]
    return spread


def _notes_on_libraries(views: Sequence[View], experts: Sequence[ExpertVectors], by: Sense | None) -> list[str]:
    """Return which libraries are not compared by the sense that is asked for: they have other experts."""
    if by is None or any(each.expert == MODEL for each in experts):
        return []
    own = {(each.expert, each.fingerprint) for each in experts}
    others = [view.name for view in views if not own & experts_with_windows(view).keys() and view.snapshot.clips]
    if not others:
        return []
    return [
        f"what is {by} is not compared in {', '.join(others)}: the expert {experts[0].expert} has no vectors there; "
        f"add them with: hearsight index FOLDER --{'sound' if by == 'heard' else 'meaning'} NAME"
    ]
