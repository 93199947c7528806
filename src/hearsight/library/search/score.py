"""Scores clips for a question: every expert for itself, then all together."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hearsight.experts.calibration import LIKELY, Scale
from hearsight.experts.ensemble import combine, penalty, sound_penalty, spoken
from hearsight.library.results import Mode
from hearsight.library.search.calibrate import COMBINED
from hearsight.library.search.clip_vectors import Candidates, ClipVectors
from hearsight.library.search.encoded_question import EncodedPart, EncodedQuestion, Vector
from hearsight.library.search.query_words import WordMatch
from hearsight.library.search.senses import SENSE_COLUMNS, sense_scores
from hearsight.library.search.view import View
from hearsight.library.tables.calibration_file import Calibration
from hearsight.models.query_encoder import QueryEncoder

NO_MATCH = WordMatch()
BY_EXPERT = ("model", "dense", "meaning", "speech", "sound")  # scores of a part

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
    word_matches = [matches.get(id, NO_MATCH) for id in clips.ids]
    bm25, strength, complete = (np.array([getattr(each, name) for each in word_matches]) for name in WordMatch._fields)
    similarity, per_frame = encoder.similarity(question.vector, clips.fields)
    parts = []
    for part in question.parts:
        logits = similarity if len(question.parts) == 1 else encoder.similarity(part.vector, clips.fields)[0]
        parts.append(_score_part(view, clips, part, logits, strength, complete, mode))
    model, dense, meaning, speech, sound = (
        np.fmax.reduce([getattr(each, name) for each in parts]) for name in BY_EXPERT
    )
    by_mode = {"hybrid": np.minimum.reduce([each.together for each in parts]), "dense": dense, "speech": speech}
    return Candidates(
        ids=clips.ids,
        videos=[(number, video) for video in clips.videos],
        row_ids=clips.row_ids,
        similarity=similarity,
        per_frame=per_frame,
        bm25=bm25,
        strength=strength,
        standard=by_mode[mode],
        model=model,
        meaning=meaning,
        spoken=speech,
        sound=sound,
        line_starts=dict(ChainMap(*(each.line_starts for each in parts))),  # of the first part with words
        sound_starts=dict(ChainMap(*(each.sound_starts for each in parts))),
    )


@dataclass(frozen=True)
class _PartScores:
    """The scores of clips for a part of a question, in deviations above the typical best of a neutral query, (n,).

    together: by all experts. model, meaning, sound, speech: by the video model alone, by the text experts alone, by the
    sound experts alone, and by what is said in meaning and words; dense: by the model and the sound experts. -inf for
    what the part does not ask, and for clips that lack it. line_starts, sound_starts: see `Candidates`.
    """

    together: Array
    model: Array
    dense: Array
    meaning: Array
    speech: Array
    sound: Array
    line_starts: dict[str, Array]
    sound_starts: dict[str, Array]


def _score_part(
    view: View,
    clips: ClipVectors,
    part: EncodedPart,
    logits: NDArray[np.float32],
    strength: Array,
    complete: NDArray[np.bool_],
    mode: Mode,
) -> _PartScores:
    """Score clips for a part of a question. logits: the model's. strength, complete: see `WordMatch`."""
    calibration = view.calibration
    assert calibration is not None, "search.py calibrates every view"
    total, nulls, none = view.snapshot.clips, calibration.nulls, np.full(len(clips.ids), -np.inf)
    sounds = calibration.sounds if mode != "speech" else {}
    heard, sound_starts = _compare_windows(view, clips, part.sounds, sounds, calibration.scales["sound"])
    sound = _or_none(nulls["sound"].apply(heard, total))
    if part.sense in ("seen", "heard"):
        by_sense = _sense(view, clips, part, calibration)
        either = np.maximum(by_sense, sound)  # what is heard may be compared by the model and by a sound expert
        return _PartScores(either, by_sense, either, none, none, sound, {}, sound_starts)
    meanings = calibration.experts if mode != "dense" else {}
    meant, starts = _compare_windows(view, clips, part.meanings, meanings, calibration.scales["meaning"])
    meaning = _or_none(nulls["meaning"].apply(meant, total))
    speech = nulls["spoken"].apply(spoken(meant, strength), total)
    names_sound = part.asks_for == "heard"
    if not names_sound:  # all of its words are said: that is a match, whatever else is
        speech = np.where(complete, np.maximum(speech, LIKELY), speech)
    if part.sense == "said":
        return _PartScores(speech, none, none, meaning, speech, none, starts, {})
    logits = np.where(clips.pooled.any(axis=1), logits, np.nan)  # of a sound file, for a model that only sees
    standard = calibration.scales["model"].apply(logits) - part.unfamiliar
    null = nulls[COMBINED[part.asks_for]]
    together = null.apply(combine(standard, meant, heard, strength, part.asks_for), total)
    reads = calibration.scales["said"].is_informative
    by_speech = speech - penalty(part.asks_for, reads)
    if not names_sound:
        by_speech = np.where(complete, np.maximum(by_speech, LIKELY), by_speech)
    by_sound = sound - sound_penalty(part.asks_for)
    together = np.maximum.reduce([together, by_speech, by_sound])
    dense = model = _or_none(nulls["model"].apply(standard, total))
    if sound_starts:
        both = null.apply(combine(standard, np.full_like(heard, np.nan), heard, 0.0, part.asks_for), total)
        dense = np.maximum(np.where(np.isnan(standard) & np.isnan(heard), -np.inf, both), by_sound)
    return _PartScores(together, model, dense, meaning, speech, sound, starts, sound_starts)


def _or_none(scores: Array) -> Array:
    """Return scores with -inf for NaN: the clip lacks what is compared."""
    return np.nan_to_num(scores, nan=-np.inf, neginf=-np.inf, posinf=np.inf)


def _compare_windows(
    view: View, clips: ClipVectors, vectors: Mapping[str, Vector], experts: Collection[str], scale: Scale
) -> tuple[Array, dict[str, Array]]:
    """Return experts' scores of clips on a scale, by the best window of any, and where the best one of each starts.

    vectors: of a part of a question, by expert; those of `experts` count. Both are NaN for a clip without windows.
    """
    n, best, starts = len(clips.ids), np.full(len(clips.ids), np.nan), dict[str, Array]()
    for name, vector in vectors.items():
        if name in experts:
            windows = view.index.windows_of(name, clips.ids)
            best = np.fmax(best, windows.best(vector[None], n)[0])
            starts[name] = windows.best_starts(vector, n)
    return scale.apply(best), starts


def _sense(view: View, clips: ClipVectors, part: EncodedPart, calibration: Calibration) -> Array:
    """Return what one sense says of clips, in deviations above the typical best of a neutral query."""
    assert part.sense is not None
    table = view.index.rows(dict(zip(clips.ids, clips.row_ids, strict=True)), ["id", *SENSE_COLUMNS])
    row_of = {id: row for row, id in enumerate(table["id"].to_pylist())}
    values = sense_scores(table, part.vector[None])[part.sense][0]
    scores = np.array([values[row_of[id]] if id in row_of else np.nan for id in clips.ids])
    standard = calibration.scales[part.sense].apply(scores) - part.unfamiliar
    return _or_none(calibration.nulls[part.sense].apply(standard, view.snapshot.clips))


def joint_calibrations(calibrations: Sequence[Calibration | None]) -> list[Calibration]:
    """Return a calibration for each of several libraries of one model, so that their scores can be compared.

    A scale is the mean of theirs, without those of libraries that lack what it is of; a null that of the library where
    neutral queries find most. The scales of meanings and of sounds are those of the libraries with the same experts. A
    library without a calibration has no clips; [] if none has any.
    """
    present = [calibration for calibration in calibrations if calibration is not None]
    if len(present) == len(calibrations) == 1 or not present:
        return present
    first = present[0]
    nulls = {name: max((each.nulls[name] for each in present), key=lambda null: null.typical) for name in first.nulls}
    joint = []
    for calibration in calibrations:
        experts, sounds = (calibration.experts, calibration.sounds) if calibration else ({}, {})
        same = {
            "meaning": [each for each in present if each.experts == experts],
            "sound": [each for each in present if each.sounds == sounds],
        }
        scales = {name: _mean_scale(same.get(name) or present, name) for name in first.scales}
        joint.append(Calibration(first.model, first.bank, 0, experts, sounds, scales, nulls))
    return joint


def _mean_scale(calibrations: Sequence[Calibration], name: str) -> Scale:
    every = [calibration.scales[name] for calibration in calibrations]
    scales = [scale for scale in every if scale.is_informative] or every
    return Scale(
        float(np.mean([scale.mean for scale in scales])), float(np.mean([scale.deviation for scale in scales]))
    )
