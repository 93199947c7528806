"""What scores are worth: how much better a query does in a library than neutral queries do there.

A score is first put on a scale, by the mean and deviation of all scores that neutral queries have in a sample of the
library's clips. Then the best score of a query is compared with the best scores of the neutral queries: its confidence
is the share of them that find nothing as good. It means the same for every query, expert and library.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import erf, log, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hearsight.types import Match

LIKELY, STRONG = 1.25, 2.25  # deviations above the typical best of a neutral query: confidences of 0.894 and 0.988
NO_SPREAD = 1e-4  # a score with so small a deviation says nothing: that of a sense that the model lacks
MIN_SPREAD = 0.3  # of the best scores of neutral queries: in a few clips they may all be the same by chance
FEW = 6  # clips
TYPICAL, HIGH = 50, 84  # percentiles: the median, and one deviation above it


@dataclass(frozen=True)
class Scale:
    """The mean and deviation of an expert's scores, of neutral queries with clips of one library."""

    mean: float
    deviation: float

    @classmethod
    def of(cls, scores: NDArray[Any]) -> Scale:
        """Return the scale of scores (Q, n); NaN is the score of a clip that lacks what the expert compares."""
        if not np.isfinite(scores).any():
            return cls(0.0, 0.0)
        return cls(float(np.nanmean(scores)), float(np.nanstd(scores)))

    @property
    def is_informative(self) -> bool:
        """Whether scores differ at all."""
        return self.deviation > NO_SPREAD

    def apply(self, scores: NDArray[Any]) -> NDArray[Any]:
        """Return scores in deviations from the mean."""
        standard: NDArray[Any] = (scores - self.mean) / self.deviation if self.is_informative else 0.0 * scores
        return standard


@dataclass(frozen=True)
class Null:
    """The best scores that neutral queries have in a library, each the best of `clips` different clips.

    typical: their median. spread: from there to one deviation above.
    """

    typical: float
    spread: float
    clips: int

    @classmethod
    def of(cls, best: NDArray[Any], clips: int) -> Null:
        """Return the null of the best scores of Q queries, (Q,)."""
        typical, high = np.percentile(best, [TYPICAL, HIGH])
        return cls(float(typical), max(float(high - typical), MIN_SPREAD), clips)

    def apply(self, scores: NDArray[Any], clips: int) -> NDArray[Any]:
        """Return scores in deviations above the typical best of a neutral query in so many clips.

        The best of more clips is higher by chance: of n normal scores, the highest is about sqrt(2 ln n). A few clips,
        or copies of one, count as FEW: that one of them is a little nearer to a query than to others says nothing.
        """
        typical = self.typical + max(0.0, _expected_best(max(clips, FEW)) - _expected_best(self.clips))
        standard: NDArray[Any] = (scores - typical) / self.spread
        return standard


def confidence(standard: float) -> float:
    """Return the share of neutral queries that find nothing as good, from 0 to 1; `standard`: see `Null.apply`."""
    return 0.5 * (1 + erf(standard / sqrt(2)))


def match_of(standard: float) -> Match:
    """Return a score in words."""
    return "strong" if standard >= STRONG else "likely" if standard >= LIKELY else "weak"


def bar(standard: float) -> float:
    """Return the length of a sense's bar: 0 up to a likely match, 1 from a strong one on."""
    lowest, highest = confidence(LIKELY), confidence(STRONG)
    return min(max((confidence(standard) - lowest) / (highest - lowest), 0.0), 1.0)


def _expected_best(clips: int) -> float:
    return sqrt(2 * log(max(clips, 1)))
