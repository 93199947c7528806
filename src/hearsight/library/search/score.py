"""Scores clips for a question: every expert for itself, then all together."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hearsight.experts.calibration import LIKELY, MIN_SPREAD, Null, Scale
from hearsight.experts.ensemble import SAID, combine, penalty, sound_penalty, spoken, text_penalty
from hearsight.library.results import Mode
from hearsight.library.search.calibrate import COMBINED
from hearsight.library.search.clip_vectors import Candidates, ClipVectors
from hearsight.library.search.encoded_question import EncodedPart, EncodedQuestion, Vector
from hearsight.library.search.query_words import WordMatch
from hearsight.library.search.senses import SENSE_COLUMNS, sense_scores
from hearsight.library.search.view import View
from hearsight.library.tables.calibration_file import Calibration
from hearsight.library.tables.windows import of_text
from hearsight.models.query_encoder import QueryEncoder

NO_MATCH = WordMatch()
# Scores of a part.
BY_EXPERT = ("model", "dense", "meaning", "speech", "sound", "text", "written", "described")

Array = NDArray[np.float64]


def score_clips(
    number: int,
    view: View,
    clips: ClipVectors,
    matches: Mapping[str, WordMatch],
    question: EncodedQuestion,
    encoder: QueryEncoder,
    mode: Mode,
    text_matches: Mapping[str, WordMatch] | None = None,
    sound_matches: Mapping[str, WordMatch] | None = None,
) -> Candidates:
    """Return clips of a calibrated view with their scores for a question.

    number: of the view in the search. matches: of the clips that contain words of the question, by id. text_matches:
    the same of those in whose pictures they are read. sound_matches: of those whose subtitles describe such a sound.
    """
    said = WordScores.of(clips.ids, matches)
    read = WordScores.of(clips.ids, text_matches or {})
    heard, none = WordScores.of(clips.ids, sound_matches or {}), WordScores.of(clips.ids, {})
    # The parts that are compared with descriptions: those after `heard:`, or else the one without a prefix.
    described_sense = "heard" if question.question.heard else None
    similarity, per_frame = encoder.similarity(question.vector, clips.fields)
    parts = []
    for part in question.parts:
        logits = similarity if len(question.parts) == 1 else encoder.similarity(part.vector, clips.fields)[0]
        sounds = heard if part.sense == described_sense else none
        parts.append(_score_part(view, clips, part, logits, said, read, sounds, mode))
    model, dense, meaning, speech, sound, text, written, described = (
        np.fmax.reduce([getattr(each, name) for each in parts]) for name in BY_EXPERT
    )
    by_mode = {"hybrid": np.minimum.reduce([each.together for each in parts]), "dense": dense, "speech": speech}
    return Candidates(
        ids=clips.ids,
        videos=[(number, video) for video in clips.videos],
        row_ids=clips.row_ids,
        similarity=similarity,
        per_frame=per_frame,
        bm25=said.bm25,
        strength=said.strength,
        standard=by_mode[mode],
        model=model,
        meaning=meaning,
        spoken=speech,
        sound=sound,
        text_strength=read.strength,
        text=text,
        written=written,
        sound_strength=heard.strength,
        described=described,
        line_starts=dict(ChainMap(*(each.line_starts for each in parts))),  # of the first part with words
        sound_starts=dict(ChainMap(*(each.sound_starts for each in parts))),
        text_starts=dict(ChainMap(*(each.text_starts for each in parts))),
    )


class WordScores(NamedTuple):
    """The scores of clips for words, (n,) each: those of `WordMatch`."""

    bm25: Array
    strength: Array
    complete: NDArray[np.bool_]

    @classmethod
    def of(cls, ids: Sequence[str], matches: Mapping[str, WordMatch]) -> WordScores:
        """Return the scores of clips, with zeros for those that no word matches."""
        every = [matches.get(id, NO_MATCH) for id in ids]
        return cls(*(np.array([getattr(each, name) for each in every]) for name in WordMatch._fields))


@dataclass(frozen=True)
class _PartScores:
    """The scores of clips for a part of a question, in deviations above the typical best of a neutral query, (n,).

    together: by all experts. model, meaning, sound, speech: by the video model alone, by the text experts alone, by the
    sound experts alone, and by what is said in meaning and words; dense: by the model and the sound experts. text,
    written: as meaning and speech, of what is read. described: by the words of sounds in subtitles. -inf for what the
    part does not ask, and for clips that lack it. line_starts, sound_starts, text_starts: see `Candidates`.
    """

    together: Array
    model: Array
    dense: Array
    meaning: Array
    speech: Array
    sound: Array
    text: Array
    written: Array
    described: Array
    line_starts: dict[str, Array] = field(default_factory=dict)
    sound_starts: dict[str, Array] = field(default_factory=dict)
    text_starts: dict[str, Array] = field(default_factory=dict)


def _score_part(
    view: View,
    clips: ClipVectors,
    part: EncodedPart,
    logits: NDArray[np.float32],
    said: WordScores,
    read: WordScores,
    words_heard: WordScores,
    mode: Mode,
) -> _PartScores:
    """Score clips for a part of a question. logits: the model's."""
    calibration = view.calibration
    assert calibration is not None, "search.py calibrates every view"
    total, nulls, none = view.snapshot.clips, calibration.nulls, np.full(len(clips.ids), -np.inf)
    sounds = calibration.sounds if mode != "speech" else {}
    heard, sound_starts = _compare_windows(view, clips, part.sounds, sounds, calibration.scales["sound"])
    sound = _or_none(nulls["sound"].apply(heard, total))
    described = _score_descriptions(calibration, words_heard, total)
    if part.sense in ("seen", "heard"):
        by_sense = _sense(view, clips, part, calibration)
        either = np.maximum(by_sense, sound)  # what is heard may be compared by the model and by a sound expert
        every = np.maximum(either, described)
        return _PartScores(every, by_sense, either, none, none, sound, none, none, described, sound_starts=sound_starts)
    lines = _score_lines(view, clips, part, said, mode)
    text = _score_texts(view, clips, part, read, mode)
    if part.sense == "said":
        return _PartScores(
            lines.both, none, none, lines.alone, lines.both, none, none, none, none, line_starts=lines.starts
        )
    if part.sense == "read":
        return _PartScores(
            text.both, none, none, none, none, none, text.alone, text.both, none, text_starts=text.starts
        )
    logits = np.where(clips.pooled.any(axis=1), logits, np.nan)  # of a sound file, for a model that only sees
    standard = calibration.scales["model"].apply(logits) - part.unfamiliar
    null = nulls.get(COMBINED[part.asks_for], nulls["all"])
    reads = calibration.scales["said"].is_informative
    every = combine(standard, lines.meant, heard, said.strength, part.asks_for, reads, text.meant, read.strength)
    by_speech = _alone(lines.both - penalty(part.asks_for, reads), said, part)
    by_text = _alone(text.both - text_penalty(part.asks_for), read, part)
    by_sound = sound - sound_penalty(part.asks_for)
    by_description = described - sound_penalty(part.asks_for)
    if part.asks_for not in (*SAID, "read"):
        by_description = _if_complete(by_description, words_heard)
    together = np.maximum.reduce([null.apply(every, total), by_speech, by_text, by_sound, by_description])
    dense = model = _or_none(nulls["model"].apply(standard, total))
    if sound_starts:
        both = null.apply(combine(standard, np.full_like(heard, np.nan), heard, 0.0, part.asks_for, reads), total)
        dense = np.maximum(np.where(np.isnan(standard) & np.isnan(heard), -np.inf, both), by_sound)
    scores = model, dense, lines.alone, lines.both, sound, text.alone, text.both, described
    return _PartScores(together, *scores, lines.starts, sound_starts, text.starts)


class _LineScores(NamedTuple):
    """The scores of clips by their lines, which are said or read.

    meant: by meaning, on the scale of the text experts; NaN for a clip without lines. alone, both: by meaning, and by
    meaning and words, in deviations above the typical best of a neutral query. starts: see `Candidates.line_starts`.
    """

    meant: Array
    alone: Array
    both: Array
    starts: dict[str, Array]


def _score_lines(view: View, clips: ClipVectors, part: EncodedPart, words: WordScores, mode: Mode) -> _LineScores:
    """Score clips by what is said in them."""
    calibration, total = view.calibration, view.snapshot.clips
    assert calibration is not None, "search.py calibrates every view"
    experts = calibration.experts if mode != "dense" else {}
    meant, starts = _compare_windows(view, clips, part.meanings, experts, calibration.scales["meaning"])
    meaning = _or_none(calibration.nulls["meaning"].apply(meant, total))
    both = calibration.nulls["spoken"].apply(spoken(meant, words.strength), total)
    return _LineScores(meant, meaning, _alone(both, words, part), starts)


def _score_texts(view: View, clips: ClipVectors, part: EncodedPart, words: WordScores, mode: Mode) -> _LineScores:
    """Score clips by what is read in their pictures; -inf where nothing is."""
    calibration, total = view.calibration, view.snapshot.clips
    assert calibration is not None, "search.py calibrates every view"
    if not calibration.readers or mode != "hybrid":
        none = np.full(len(clips.ids), -np.inf)
        return _LineScores(np.full(len(clips.ids), np.nan), none, none, {})
    vectors = {of_text(name): vector for name, vector in part.meanings.items()}
    experts = list(map(of_text, calibration.experts))
    meant, starts = _compare_windows(view, clips, vectors, experts, calibration.scales["text"])
    meaning = _or_none(calibration.nulls["text"].apply(meant, total))
    both = calibration.nulls["written"].apply(spoken(meant, words.strength), total)
    return _LineScores(meant, meaning, _alone(both, words, part), starts)


def _score_descriptions(calibration: Calibration, words: WordScores, total: int) -> Array:
    """Score clips by the words of the sounds that subtitles describe; -inf for a clip without these words.

    Where the sample of a calibration has no such words, neutral queries find none.
    """
    null = calibration.nulls.get("described") or Null(0.0, MIN_SPREAD, calibration.nulls["spoken"].clips)
    scores = null.apply(spoken(np.zeros(len(words.strength)), words.strength), total)
    return np.where(words.strength > 0, _if_complete(scores, words), -np.inf)


def _alone(scores: Array, words: WordScores, part: EncodedPart) -> Array:
    """Return the scores of lines by themselves: with all words of a part, they are a match, unless it names a sound."""
    return scores if part.asks_for == "heard" else _if_complete(scores, words)


def _if_complete(scores: Array, words: WordScores) -> Array:
    """Return scores of which those of clips with all words are a match."""
    return np.where(words.complete, np.maximum(scores, LIKELY), scores)


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
    library without a calibration has no clips; [] if none has any. Those of texts are of the libraries that have some.
    """
    present = [calibration for calibration in calibrations if calibration is not None]
    if len(present) == len(calibrations) == 1 or not present:
        return present
    first, nulls = present[0], dict[str, Null]()
    for each in present:
        for name, null in each.nulls.items():
            nulls[name] = max(nulls.get(name, null), null, key=lambda null: null.typical)
    names = list(dict.fromkeys(name for each in present for name in each.scales))
    joint = []
    for calibration in calibrations:
        experts, sounds = (calibration.experts, calibration.sounds) if calibration else ({}, {})
        same = {
            "meaning": [each for each in present if each.experts == experts],
            "sound": [each for each in present if each.sounds == sounds],
            "text": [each for each in present if each.experts == experts and each.readers],
        }
        scales = {name: _mean_scale(same.get(name) or present, name) for name in names}
        readers = calibration.readers if calibration else {}
        joint.append(Calibration(first.model, first.bank, 0, experts, sounds, scales, nulls, readers))
    return joint


def _mean_scale(calibrations: Sequence[Calibration], name: str) -> Scale:
    every = [calibration.scales[name] for calibration in calibrations if name in calibration.scales]
    scales = [scale for scale in every if scale.is_informative] or every
    return Scale(
        float(np.mean([scale.mean for scale in scales])), float(np.mean([scale.deviation for scale in scales]))
    )
