"""Scores clips for a question: every expert for itself, then all together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hearsight.experts.calibration import LIKELY, Scale
from hearsight.experts.ensemble import combine, penalty, spoken
from hearsight.library.results import Mode
from hearsight.library.search.clip_vectors import Candidates, ClipVectors
from hearsight.library.search.encoded_question import EncodedPart, EncodedQuestion
from hearsight.library.search.query_words import WordMatch
from hearsight.library.search.senses import SENSE_COLUMNS, sense_scores
from hearsight.library.search.view import View
from hearsight.library.tables.calibration_file import Calibration
from hearsight.models.query_encoder import QueryEncoder

NO_MATCH = WordMatch()

Array = NDArray[np.float64]


def score_clips(
    number: int,
    view: View,
    clips: ClipVectors,
    matches: Mapping[str, WordMatch],
    question: EncodedQuestion,
    encoder: QueryEncoder,
    mode: Mode,
) -> Candidates:
    """Return clips of a calibrated view with their scores for a question.

    number: of the view in the search. matches: of the clips that contain words of the question, by id.
    """
    calibration = view.calibration
    assert calibration is not None, "search.py calibrates every view"
    word_matches = [matches.get(id, NO_MATCH) for id in clips.ids]
    bm25, strength, complete = (np.array([getattr(each, name) for each in word_matches]) for name in WordMatch._fields)
    similarity, per_frame = encoder.similarity(question.vector, clips.fields)
    total, nulls = view.snapshot.clips, calibration.nulls
    standard = np.full(len(clips.ids), np.inf)
    model, meaning, speech = (np.full(len(clips.ids), -np.inf) for _ in range(3))
    line_starts = dict[str, Array]()
    for part in question.parts:
        meant, starts = _meaning(view, clips, part, calibration)
        line_starts = starts | line_starts  # of the first part that a text expert reads
        by_speech = nulls["spoken"].apply(spoken(meant, strength), total)
        if part.sense == "said":
            scores = by_speech
        elif part.sense is None:
            logits = similarity if len(question.parts) == 1 else encoder.similarity(part.vector, clips.fields)[0]
            scale = calibration.scales["model"].apply(logits) - part.unfamiliar
            null = nulls["all, said" if part.asks_for_speech else "all"]
            scores = null.apply(combine(scale, meant, strength, part.asks_for_speech), total)
            model = np.maximum(model, nulls["model"].apply(scale, total))
            model_reads = calibration.scales["said"].is_informative
            deviations = penalty(part.asks_for_speech, part.asks_for_sound, model_reads)
            scores = np.maximum(scores, by_speech - deviations)
        else:
            scores = _sense(view, clips, part, calibration)
            model = np.maximum(model, scores)
        if part.words is not None:  # all of its words are said: that is a match, whatever else is
            by_speech = np.where(complete, np.maximum(by_speech, LIKELY), by_speech)
            scores = np.maximum(scores, np.where(complete, LIKELY, -np.inf))
            speech = np.maximum(speech, by_speech)
            meaning = np.fmax(meaning, nulls["meaning"].apply(meant, total))
        standard = np.minimum(standard, scores)
    by_mode = {"hybrid": standard, "dense": model, "speech": speech}
    videos = [(number, video) for video in clips.videos]
    scores_of = (similarity, per_frame, bm25, strength, by_mode[mode], model, meaning, speech)
    return Candidates(clips.ids, videos, clips.row_ids, *scores_of, line_starts=line_starts)


def _meaning(
    view: View, clips: ClipVectors, part: EncodedPart, calibration: Calibration
) -> tuple[Array, dict[str, Array]]:
    """Return the text experts' scores of clips on their scale, and where the best window of each expert starts.

    Both are NaN for a clip in which nothing is said.
    """
    n, best, starts = len(clips.ids), np.full(len(clips.ids), np.nan), dict[str, Array]()
    for name, vector in part.meanings.items():
        if name not in calibration.experts:
            continue
        windows = view.index.windows_of(name, clips.ids)
        best = np.fmax(best, windows.best(vector[None], n)[0])
        starts[name] = windows.best_starts(vector, n)
    return calibration.scales["meaning"].apply(best), starts


def _sense(view: View, clips: ClipVectors, part: EncodedPart, calibration: Calibration) -> Array:
    """Return what one sense says of clips, in deviations above the typical best of a neutral query."""
    assert part.sense is not None
    table = view.index.rows(dict(zip(clips.ids, clips.row_ids, strict=True)), ["id", *SENSE_COLUMNS])
    row_of = {id: row for row, id in enumerate(table["id"].to_pylist())}
    values = sense_scores(table, part.vector[None])[part.sense][0]
    scores = np.array([values[row_of[id]] if id in row_of else -np.inf for id in clips.ids])
    standard = calibration.scales[part.sense].apply(scores)
    return calibration.nulls[part.sense].apply(standard, view.snapshot.clips)


def joint_calibrations(calibrations: Sequence[Calibration | None]) -> list[Calibration]:
    """Return a calibration for each of several libraries of one model, so that their scores can be compared.

    A scale is the mean of theirs; a null that of the library where neutral queries find most. The scale of meanings is
    that of the libraries with the same experts. A library without a calibration has no clips; [] if none has any.
    """
    present = [calibration for calibration in calibrations if calibration is not None]
    if len(present) == len(calibrations) == 1 or not present:
        return present
    first = present[0]
    nulls = {name: max((each.nulls[name] for each in present), key=lambda null: null.typical) for name in first.nulls}
    joint = []
    for calibration in calibrations:
        experts = calibration.experts if calibration else {}
        same = [each for each in present if each.experts == experts] or present
        scales = {name: _mean_scale(same if name == "meaning" else present, name) for name in first.scales}
        joint.append(Calibration(first.model, first.bank, "", 0, experts, scales, nulls))
    return joint


def _mean_scale(calibrations: Sequence[Calibration], name: str) -> Scale:
    scales = [calibration.scales[name] for calibration in calibrations]
    return Scale(
        float(np.mean([scale.mean for scale in scales])), float(np.mean([scale.deviation for scale in scales]))
    )
