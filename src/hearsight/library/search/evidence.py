"""Tells which expert speaks for a hit, at which second, and by which line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hearsight.experts.calibration import confidence
from hearsight.library.results import Evidence, Mode
from hearsight.library.search.clip_vectors import Candidates
from hearsight.library.search.query_words import QueryWords
from hearsight.library.search.question import Question
from hearsight.library.tables.calibration_file import Calibration
from hearsight.library.words.sound_descriptions import said_and_heard, say_music
from hearsight.library.words.stems import HEARD
from hearsight.types import Clip

EVEN = 0.5  # the confidence of what is no better than a typical neutral query; less is no evidence


def standard_senses(clip: dict[str, Any], calibration: Calibration, clips: int) -> dict[str, float]:
    """Return what each sense of the video model adds to a hit, in deviations above a typical neutral query's best.

    Senses that the clip or the model lacks are left out.
    """
    return {
        sense: float(calibration.nulls[sense].apply(calibration.scales[sense].apply(np.array(score)), clips))
        for sense, score in _sense_shares(clip).items()
        if calibration.scales[sense].is_informative
    }


def _sense_shares(clip: dict[str, Any]) -> dict[str, float]:
    """Return what each sense of the video model adds to a hit's cosine, without senses that the clip lacks."""
    cosines = clip["cosines"]
    shares = {"seen": cosines["without_both"]}
    if clip["has_sound"]:
        shares["heard"] = cosines["pooled"] - cosines["without_audio"]
    if clip["has_speech"]:
        shares["said"] = cosines["pooled"] - cosines["without_speech"]
    return shares


def evidence_for(
    clip: dict[str, Any],
    row: int,
    candidates: Candidates,
    senses: dict[str, float],
    query: QueryWords | None,
    mode: Mode,
    lines: Sequence[dict[str, Any]] = (),
    written: QueryWords | None = None,
    sounds: QueryWords | None = None,
) -> list[Evidence]:
    """Return what each expert that the mode asks says of a hit, the most certain first.

    row: of the hit in the candidates. senses: its `standard_senses`. query: the words to match; None for no words.
    lines: what is read in its pictures. written: the words to match with them. sounds: those to match with what
    subtitles describe.
    """
    evidence = list[Evidence]()
    if senses and mode != "speech":
        sense = max(senses, key=senses.__getitem__)
        second = best_frame(clip, candidates.per_frame[row])
        evidence.append(Evidence("model", sense, confidence(float(candidates.model[row])), second, ""))
    for name, starts in candidates.line_starts.items() if mode == "hybrid" else ():
        if np.isfinite(start := float(starts[row])):
            text, certainty = line_at(clip["lines"], start), confidence(float(candidates.meaning[row]))
            evidence.append(Evidence(name, "said", certainty, clamp_to_clip(start, clip), text))
    if mode != "dense" and candidates.strength[row] > 0 and query is not None and clip["lines"]:
        line = best_line(query, clip["lines"], said_part)
        certainty = confidence(float(candidates.spoken[row]))
        evidence.append(Evidence("words", "said", certainty, clamp_to_clip(line["start"], clip), line["text"]))
    if mode == "hybrid" and candidates.sound_strength[row] > 0 and sounds is not None and clip["lines"]:
        line = best_line(sounds, clip["lines"], heard_part)
        certainty = confidence(float(candidates.described[row]))
        evidence.append(Evidence("words", "heard", certainty, clamp_to_clip(line["start"], clip), line["text"]))
    for name, starts in candidates.sound_starts.items() if mode != "speech" else ():
        if np.isfinite(start := float(starts[row])):
            certainty = confidence(float(candidates.sound[row]))
            evidence.append(Evidence(name, "heard", certainty, clamp_to_clip(start, clip), ""))
    if mode == "hybrid" and lines:
        evidence += _read_evidence(row, candidates, lines, written)
    return sorted((one for one in evidence if (one.confidence or 0) > EVEN), key=lambda one: -(one.confidence or 0))


def evidence_of_likeness(clip: dict[str, Any], row: int, candidates: Candidates) -> list[Evidence]:
    """Return by which experts a hit is like the example, the most like first, without confidences.

    row: of the hit in the candidates. An expert by which it is less like than most candidates is left out, unless
    there is no other. What the video model compares as a whole is named by the sense with the largest share of it.
    """
    by_expert = sorted(
        (each for each in candidates.likenesses if np.isfinite(each.standard[row])),
        key=lambda each: -float(each.standard[row]),
    )
    evidence = list[Evidence]()
    for each in by_expert[:1] + [each for each in by_expert[1:] if each.standard[row] > 0]:
        shares = _sense_shares(clip)
        sense = each.sense or max(shares, key=shares.__getitem__)
        start = float(each.starts[row])
        moment = best_frame(clip, candidates.per_frame[row]) if np.isnan(start) else clamp_to_clip(start, clip)
        line = line_at(clip["lines"], moment) if sense == "said" else ""
        evidence.append(Evidence(each.expert, sense, None, moment, line))
    return evidence


def _read_evidence(
    row: int, candidates: Candidates, lines: Sequence[dict[str, Any]], written: QueryWords | None
) -> list[Evidence]:
    """Return what speaks for a hit of what is read in its pictures."""
    evidence = list[Evidence]()
    for name, starts in candidates.text_starts.items():
        if np.isfinite(start := float(starts[row])):
            line = min(lines, key=lambda line: abs(float(line["second"]) - start))
            evidence.append(_read_line(name.partition("/")[2], float(candidates.text[row]), line))
    if candidates.text_strength[row] > 0 and written is not None:
        evidence.append(_read_line("words", float(candidates.written[row]), best_line(written, lines)))
    return evidence


def _read_line(expert: str, standard: float, line: dict[str, Any]) -> Evidence:
    box = [round(float(share), 4) for share in line["box"]] if line["on_thumbnail"] else None
    return Evidence(expert, "read", confidence(standard), line["second"], line["text"], box)


def best_frame(clip: dict[str, Any], per_frame: NDArray[np.float32]) -> float:
    """Return the second of the frame that is most like the query."""
    times = Clip(Path(), clip["start"], clip["end"]).frame_times(len(per_frame))
    return times[int(per_frame[: len(times)].argmax())]


LinePart = Callable[[str, QueryWords], str]


def said_part(line: str, query: QueryWords) -> str:
    """Return what of a line is said."""
    return said_and_heard(line, query.language)[0]


def heard_part(line: str, query: QueryWords) -> str:
    """Return what of a line describes a sound."""
    return say_music(said_and_heard(line, query.language.removeprefix(HEARD))[1])


def best_line(query: QueryWords, lines: Sequence[dict[str, Any]], part: LinePart | None = None) -> dict[str, Any]:
    """Return the line with the most words of a query. part: what of the lines counts; None for all."""

    def count(line: dict[str, Any]) -> int:
        return len(query.content_stems_in(part(line["text"], query) if part else line["text"]))

    return max(lines, key=count)


def marked_words(question: Question, line: str, language: str) -> list[tuple[int, int]]:
    """Return the positions (start, end) of a question's words in a line of a transcript in a language."""
    said, heard = said_and_heard(line, language)
    both = (question.words, said), (question.sound_words, heard)
    return sorted({span for words, text in both if words and text for span in words.spans(text, language)})


def line_at(lines: Sequence[dict[str, Any]] | None, second: float) -> str:
    """Return the line that is said at a second; "" if there is none."""
    return next((line["text"] for line in lines or [] if line["start"] <= second < line["end"]), "")


def clamp_to_clip(second: float, clip: dict[str, Any]) -> float:
    """Return a second, moved into a clip: a line may begin before it."""
    return float(min(max(second, clip["start"]), clip["end"]))
