"""How the experts of a library rank its clips, each alone and put together in several ways."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hearsight.library import Filters, Library
from hearsight.library.search.encoded_question import EncodedQuestion
from hearsight.library.search.in_memory import InMemory
from hearsight.library.search.question import Question
from hearsight.library.search.search import calibrate_together, experts_of, find_candidates, sounds_of
from hearsight.library.search.view import View
from hearsight.research.datasets.split import Split
from hearsight.research.evaluation.metrics import text_ranks, ties
from hearsight.research.evaluation.ranking import Ranking
from hearsight.research.evaluation.report import Report

Array = NDArray[Any]
NOTHING = -1.0  # the cosine of a clip that lacks what an expert compares
FIRST_RANK = 61  # of reciprocal ranks, as published (Cormack et al. 2009)

MODEL, HEARD, SAID, WORDS = "video model alone", "sound alone", "meaning of speech alone", "words alone"
RECIPROCAL, COSINES, DEVIATIONS = "reciprocal ranks", "mean of cosines", "sum of z"
SUREST, WEIGHTED = "calibrated: the surest expert", "calibrated and weighted by the query"


@dataclass(frozen=True)
class ExpertScores:
    """The scores of n clips for N queries by each expert, (N, n) each.

    model, said, heard: of the video model, the text expert and the sound expert; NaN for a clip that lacks what one
    compares. cosine: the video model's, of pooled vectors. words: BM25 of the transcripts.
    deviations: model, said and heard on the scale of neutral queries, added up. surest: the most that an expert is
    above the best of neutral queries. together: the score of a search.
    """

    model: Array
    cosine: Array
    said: Array
    heard: Array
    words: Array
    deviations: Array
    surest: Array
    together: Array

    @classmethod
    def of(cls, library: Library, texts: Sequence[str]) -> ExpertScores:
        """Score all clips of a library in memory for some queries, in the order of `clip_files`."""
        rows = [_score(library, text) for text in texts]
        return cls(*(np.stack(column) for column in zip(*rows, strict=True)))

    def by_way(self) -> dict[str, Array]:
        """Return the scores by each expert alone, and by each way of putting them together."""
        model = np.nan_to_num(self.model, nan=np.nanmin(self.model) - 1)
        said, heard = (np.nan_to_num(scores, nan=NOTHING) for scores in (self.said, self.heard))
        words = np.where(self.words > 0, self.words, np.nan)
        experts = {MODEL: model, HEARD: heard, SAID: said, WORDS: self.words}
        return experts | {
            RECIPROCAL: np.sum([reciprocal_ranks(each) for each in (self.model, self.heard, self.said, words)], axis=0),
            COSINES: np.sum([np.nan_to_num(each) for each in (self.cosine, self.said, self.heard)], axis=0),
            DEVIATIONS: self.deviations,
            SUREST: self.surest,
            WEIGHTED: self.together,
        }


def _score(library: Library, text: str) -> tuple[Array, ...]:
    """Return the fields of `ExpertScores` for one query, (n,) each."""
    encoder = library.query_encoder
    views = calibrate_together([library.searchable], [View.open(library.searchable, Filters())], encoder)
    encoded = EncodedQuestion.encode(Question.parse(text), encoder, experts_of(views), sounds_of(views))
    [part], [view] = encoded.parts, views
    index, fields, scales = view.index, view.index.fields(encoder.extra), view.calibration.scales
    pooled, n = fields["pooled"], len(fields["pooled"])
    model = np.where(pooled.any(axis=1), encoder.similarity(part.vector, fields)[0], np.nan)
    cosine = pooled @ part.vector / np.linalg.norm(pooled, axis=1).clip(1e-9)
    said, heard = (_best_windows(index, vectors, n) for vectors in (part.meanings, part.sounds))
    on_scale = {"model": model, "meaning": said, "sound": heard}
    deviations = np.sum([np.nan_to_num(scales[name].apply(scores)) for name, scores in on_scale.items()], axis=0)
    candidates = find_candidates(views, encoded, encoder, "hybrid", n)
    row_of = {id: row for row, id in enumerate(candidates.ids)}
    order = [row_of[id] for id in index.table["id"].to_pylist()]
    surest = np.maximum.reduce([candidates.model, candidates.spoken, candidates.sound])
    words, surest, together = (each[order] for each in (candidates.bm25, surest, candidates.standard))
    return model, cosine, said, heard, words, deviations, surest, together


def _best_windows(index: InMemory, vectors: Mapping[str, Array], n: int) -> Array:
    """Return the best cosine of the windows of each clip, (n,). vectors: of the query, by expert."""
    by_expert = [index.window_scores(name, vector[None])[0] for name, vector in vectors.items()]
    return np.fmax.reduce([np.full(n, np.nan), *by_expert])


def reciprocal_ranks(scores: Array) -> Array:
    """Return 1 / (60 + rank) of each clip, by query; 0 for one without a score (NaN), which an expert does not find."""
    ranks = (-scores).argsort(axis=1, kind="stable").argsort(axis=1)
    return np.where(np.isnan(scores), 0.0, 1 / (FIRST_RANK + ranks))


def clip_files(library: Library) -> list[str]:
    """Return the name of each clip's file, in the order of scores."""
    snapshot = library.searchable.store.recent_snapshot()
    return [snapshot.videos[video].path for video in snapshot.loaded.table["video"].to_pylist()]


def reports(library: Library, split: Split) -> dict[str, Report]:
    """Rank the clips of a split by every way, for every caption."""
    clips, files = split.clips, clip_files(library)
    captions = [(kind, text, files.index(clip.path.name)) for clip in clips for kind, text in clip.captions]
    kinds, texts, owners = zip(*captions, strict=True)
    group_of = {clip.path.name: clip.group for clip in clips}
    _, clusters = np.unique([group_of[file] for file in files], return_inverse=True)
    digest, owner = hashlib.sha256(repr([*files, *captions]).encode()).hexdigest()[:16], np.array(owners)

    def report(name: str, scores: Array) -> Report:
        tied = ties(scores, owner)
        ranks = text_ranks(scores, owner, tied)
        ranking = Ranking(digest, kinds, owner, clusters, ranks, tied.sum(axis=1) - 1, videos=None)
        return Report(name, f"Soundstage {split.name}", [ranking])

    ways = ExpertScores.of(library, texts).by_way()
    return {name: report(name, scores) for name, scores in ways.items()}
