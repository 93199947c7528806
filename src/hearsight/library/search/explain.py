"""Explains hits: the best moment of a clip, what each of its channels adds to the match, and the line that is said."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hearsight.experts.calibration import LIKELY, bar, confidence, match_of
from hearsight.library.results import Evidence, Hit, Mode
from hearsight.library.search.clip_vectors import Candidates
from hearsight.library.search.encoded_question import EncodedQuestion
from hearsight.library.search.evidence import (
    best_frame,
    best_line,
    clamp_to_clip,
    evidence_for,
    evidence_of_likeness,
    line_at,
    marked_words,
    said_part,
    standard_senses,
)
from hearsight.library.search.query_words import QueryWords
from hearsight.library.search.senses import SENSE_COLUMNS, SENSES
from hearsight.library.search.view import View
from hearsight.library.tables.schema import BRANCHES, read_vectors

POOLED = list(SENSE_COLUMNS)
DETAILS = ["id", "start", "end", "gates", "lines", "has_speech", "has_sound"]
BARS = (*SENSES, "read")
LOWEST = -1000.0  # score, in place of minus infinity, which no JSON has


def best_of_videos(candidates: Candidates, order: Sequence[int], limit: int) -> tuple[list[int], list[int]]:
    """Return the best clip of each of the first `limit` videos, and how many more of its clips match.

    order: rows of the candidates, best first. Both lists have one entry per video. Further clips are counted down to
    the best clip of the first video that is over the limit, without weak matches.
    """
    best: dict[tuple[int, str], int] = {}
    further_clips: Counter[tuple[int, str]] = Counter()
    for row in order:
        video = candidates.videos[row]
        if video in best:
            further_clips[video] += not candidates.standard[row] < LIKELY  # NaN where nothing is calibrated
        elif len(best) < limit:
            best[video] = row
        else:
            break
    return list(best.values()), [further_clips[video] for video in best]


def explain(
    candidates: Candidates,
    rows: Sequence[int],
    further_clips: Sequence[int],
    scores: NDArray[Any],
    question: EncodedQuestion | None,
    vector: NDArray[np.float32],
    mode: Mode,
    views: Sequence[View],
) -> list[Hit]:
    """Return the hits for these rows of the candidates, in this order, without clips that were removed meanwhile.

    further_clips: see `best_of_videos`. question: None for a search without words; then views are not
    calibrated. vector: what is compared with the clips' pooled vectors.
    """
    query = question.words if question else None
    sounds = question.question.sound_words if question else None
    written = question.question.written_words if question and mode == "hybrid" else None
    clips = _read_clips(candidates, rows, vector, views)
    texts = _read_texts(candidates, rows, views) if written else {}
    hits: list[Hit] = []
    for row, further_count in zip(rows, further_clips, strict=True):
        number, video = candidates.videos[row]
        if (clip := clips.get((number, candidates.ids[row]))) is None:
            continue
        view, calibration = views[number], views[number].calibration
        file, language = view.snapshot.videos[video], view.language_of(video)
        path = Path(file.path)
        words_said = query.within(language) if query else None
        words_read = written.within(language) if written else None
        words_heard = sounds.within(language) if sounds else None
        words = float(candidates.strength[row]) if mode != "dense" else 0.0
        standard = float(candidates.standard[row])
        senses, evidence = dict[str, float](), list[Evidence]()
        if question is not None and calibration is not None:
            senses = standard_senses(clip, calibration, view.snapshot.clips)
            lines = texts.get((number, clip["id"]), [])
            evidence = evidence_for(clip, row, candidates, senses, words_said, mode, lines, words_read, words_heard)
        elif candidates.likenesses:
            evidence = evidence_of_likeness(clip, row, candidates)
        moment, line = _best_moment(clip, candidates, row, mode, words_said, evidence)
        bars = _bars(senses, candidates, row) if standard >= LIKELY else dict.fromkeys(BARS, 0.0)
        text = _text_to_show(evidence)
        hit = Hit(
            rank=len(hits) + 1,
            score=max(float(scores[row]), LOWEST),
            similarity=float(candidates.similarity[row]),
            library=view.name,
            clip=clip["id"],
            path=path,
            video=view.folder / path,
            start=clip["start"],
            end=clip["end"],
            moment=moment,
            **bars,
            words=words,
            gates=branch_gates(clip["gates"]),
            line=line,
            spans=marked_words(question.question, line, language) if question else [],
            more=further_count,
            confidence=confidence(standard) if calibration else None,
            match=match_of(standard) if calibration else None,
            evidence=evidence,
            text=text,
            text_spans=words_read.spans(text) if words_read else [],
            audio_track=file.track if (file.tracks or 0) > 1 else None,
        )
        hits.append(hit)
    return hits


def _text_to_show(evidence: Sequence[Evidence]) -> str:
    """Return what is read that has words of the query, or speaks most clearly for the clip; "" for nothing."""
    read = [one for one in evidence if one.sense == "read"]
    clear = [one for one in read if one.expert == "words" or one is evidence[0]]
    return clear[0].line if clear else ""


def _bars(senses: Mapping[str, float], candidates: Candidates, row: int) -> dict[str, float]:
    """Return how much each sense speaks for a match, by the model or by another expert of that sense."""
    heard = np.fmax(candidates.sound[row], candidates.described[row])
    others = {"heard": heard, "said": candidates.spoken[row], "read": candidates.written[row]}
    return {sense: max(bar(senses.get(sense, -np.inf)), bar(float(others.get(sense, -np.inf)))) for sense in BARS}


def branch_gates(gates: dict[str, float | None]) -> dict[str, float]:
    """Return a clip's gates, without branches that the model lacks."""
    return {branch: gate for branch in BRANCHES if (gate := gates[branch]) is not None}


def _read_clips(
    candidates: Candidates, rows: Sequence[int], vector: NDArray[np.float32], views: Sequence[View]
) -> dict[tuple[int, str], dict[str, Any]]:
    """Return the details of clips by number of the view and id.

    "cosines" are the dot products of the query's vector with the clip's pooled vectors, with and without branches.
    """
    row_ids: defaultdict[int, dict[str, int]] = defaultdict(dict)
    for row in rows:
        row_ids[candidates.videos[row][0]][candidates.ids[row]] = candidates.row_ids[row]
    clips = {}
    for number, ids in row_ids.items():
        table = views[number].index.rows(ids, [*DETAILS, *POOLED])
        cosines = {name: (read_vectors(table, name) @ vector).tolist() for name in POOLED}
        for i, clip in enumerate(table.select(DETAILS).to_pylist()):
            clip["cosines"] = {name: values[i] for name, values in cosines.items()}
            clips[number, clip["id"]] = clip
    return clips


def _read_texts(
    candidates: Candidates, rows: Sequence[int], views: Sequence[View]
) -> dict[tuple[int, str], list[dict[str, Any]]]:
    """Return the lines that are read in clips, by number of the view and id."""
    ids: defaultdict[int, list[str]] = defaultdict(list)
    for row in rows:
        ids[candidates.videos[row][0]].append(candidates.ids[row])
    return {
        (number, id): lines
        for number, of_view in ids.items()
        if (texts := views[number].texts)
        for id, lines in texts.lines(of_view).items()
    }


def _best_moment(
    clip: dict[str, Any],
    candidates: Candidates,
    row: int,
    mode: Mode,
    query: QueryWords | None,
    evidence: Sequence[Evidence],
) -> tuple[float, str]:
    """Return the best second of a clip, and the line that is said then.

    It is the beginning of what is most like an example, of the sound that a sound expert speaks for or that a line
    describes, or the picture in which something is read, if that is the most certain; or the beginning of the line with
    the most words of the query, if the transcript matches it; or of the line that a text expert speaks for, if it is
    the most certain; else the second of the most similar frame.
    """
    lines = clip["lines"] or []
    if evidence and (evidence[0].expert, evidence[0].sense) == ("words", "heard"):
        return evidence[0].moment, evidence[0].line
    tells_moment = evidence and (evidence[0].expert in candidates.sound_starts or evidence[0].sense == "read")
    if tells_moment or candidates.likenesses:
        return evidence[0].moment, line_at(lines, evidence[0].moment)
    if query is not None and lines and (mode == "speech" or candidates.strength[row] > 0):
        line = best_line(query, lines, said_part)
        return clamp_to_clip(line["start"], clip), line["text"]
    if mode == "hybrid" and evidence and evidence[0].line:
        return evidence[0].moment, evidence[0].line
    moment = best_frame(clip, candidates.per_frame[row])
    return moment, line_at(lines, moment)
