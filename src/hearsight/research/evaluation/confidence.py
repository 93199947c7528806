"""What the confidence of results is worth: does the best result of a query tell whether the query has an answer?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ALL = "all queries"
BOOTSTRAP = 1000  # draws of as many queries

Array = NDArray[Any]
# Returns the two best results of a query as pairs of the file's name and the score, best first.
Search = Callable[[str], Sequence[tuple[str, float]]]


@dataclass(frozen=True)
class Query:
    """A query of a group. clip: the name of the file that answers it; "" for none."""

    text: str
    group: str
    clip: str = ""


@dataclass(frozen=True)
class Auroc:
    """The chance that a positive is above a negative; ties count half. low, high: an interval of 95 % over queries."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, positives: Array, negatives: Array, paired: bool) -> Auroc:
        """paired: each positive and the negative in its place are of one query, which is drawn with both."""
        wins = (positives[:, None] > negatives) + (positives[:, None] == negatives) / 2
        random, (n, m) = np.random.default_rng(0), wins.shape
        drawn = random.multinomial(n, np.full(n, 1 / n), BOOTSTRAP)
        others = drawn if paired else random.multinomial(m, np.full(m, 1 / m), BOOTSTRAP)
        values = ((drawn @ wins) * others).sum(axis=1) / (n * m)
        return cls(float(wins.mean()), *map(float, np.percentile(values, [2.5, 97.5])))

    def __str__(self) -> str:
        return f"{self.value:.3f} ({self.low:.3f}-{self.high:.3f})"


@dataclass(frozen=True)
class Confidence:
    """What confidence tells of the queries of a group, in percent, and as AUROC."""

    group: str
    queries: int
    first: float
    auroc_outside: Auroc
    auroc_taken_out: Auroc
    matched: float
    matched_taken_out: float


@dataclass(frozen=True)
class BestScores:
    """The best scores of N queries, (N,): with all clips, and with the clip that answers each taken out.

    first: whether that clip is first.
    """

    queries: Sequence[Query]
    every_clip: Array
    taken_out: Array
    first: Array

    @classmethod
    def of(cls, search: Search, queries: Sequence[Query]) -> BestScores:
        """Ask every query once: its second result is the best one without its clip, if that is first."""
        results = [search(query.text) for query in queries]
        best = np.array([scores[0][1] for scores in results])
        pairs = list(zip(queries, results, strict=True))
        others = [next(score for clip, score in scores if clip != query.clip) for query, scores in pairs]
        return cls(queries, best, np.array(others), np.array([scores[0][0] == query.clip for query, scores in pairs]))

    def confidence(self, outside: Array, bar: float) -> list[Confidence]:
        """Return what scores tell, by group.

        outside: the best scores of queries without an answer. bar: the score of a match.
        """
        rows = []
        for group, chosen in groups(self.queries):
            scores, without = self.every_clip[chosen], self.taken_out[chosen]
            rows.append(
                Confidence(
                    group,
                    int(chosen.sum()),
                    percent(self.first[chosen]),
                    Auroc.of(scores, outside, paired=False),
                    Auroc.of(scores, without, paired=True),
                    percent(scores >= bar),
                    percent(without >= bar),
                )
            )
        return rows


def groups(queries: Sequence[Query]) -> list[tuple[str, Array]]:
    """Return masks of the queries of each group, those of all first."""
    names = np.array([query.group for query in queries])
    return [(ALL, np.ones(len(names), bool)), *((name, names == name) for name in dict.fromkeys(names.tolist()))]


def percent(values: Array) -> float:
    """Return the share of true values in percent, to one decimal."""
    return round(100 * float(values.mean()), 1)
