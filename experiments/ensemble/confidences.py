"""What the confidence of a library's results is worth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hearsight.experts.calibration import LIKELY
from hearsight.library import Library
from hearsight.research.datasets.split import Split
from hearsight.research.evaluation.confidence import BestScores, Confidence, Query, percent

OUTSIDE = Path(__file__).parents[2] / "benchmarks" / "outside_queries.txt"


@dataclass(frozen=True)
class Measured:
    """by_group: what confidence tells. refused: the share of outside queries answered with nothing, by kind."""

    by_group: list[Confidence]
    refused: dict[str, float]


def measure_confidence(library: Library, split: Split) -> Measured:
    """Ask every caption of a split, with and without its clip, and queries from outside its world."""

    def best(text: str) -> list[tuple[str, float]]:
        return [(hit.path.name, hit.score) for hit in library.search(text, limit=2).hits]

    queries = [Query(text, kind, clip.path.name) for clip in split.clips for kind, text in clip.captions]
    kinds, texts = zip(*(line.split("\t") for line in OUTSIDE.read_text("utf-8").splitlines()), strict=True)
    outside = np.array([best(text)[0][1] for text in texts])
    refused = {kind: percent(outside[np.array(kinds) == kind] < LIKELY) for kind in dict.fromkeys(kinds)}
    return Measured(BestScores.of(best, queries).confidence(outside, LIKELY), refused)
