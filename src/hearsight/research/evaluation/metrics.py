"""Retrieval metrics from similarities (docs/reference.md section 9), in the field's conventions.

Ranks are counted from 0: the number of other items that score at least as well as the right one. So a tie counts
against the method. Scores that differ by no more than float32's rounding are a tie: the position of two equal clips in
a block affects their last digits, and must not affect their ranks.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray

from hearsight.errors import HearsightError

Scores = NDArray[np.floating]
Ranks = NDArray[np.integer]

ROUNDING = 2e-6  # relative: about 16 units in the last place of float32

STRIP = 256  # videos ranked at once: a comparison takes twice the memory of its operands

NAMES = ("r1", "r5", "r10", "median_rank", "mean_rank", "sumr")


@dataclass(frozen=True)
class Metrics:
    """Recall in percent, ranks counted from 1, and the number of queries."""

    r1: float
    r5: float
    r10: float
    median_rank: float
    mean_rank: float
    queries: int

    @property
    def sumr(self) -> float:
        return self.r1 + self.r5 + self.r10

    def values(self) -> tuple[float, ...]:
        """Return the metrics in the order of NAMES."""
        return tuple(getattr(self, name) for name in NAMES)

    def to_dict(self) -> dict[str, float]:
        return {**asdict(self), "sumr": self.sumr}

    @staticmethod
    def of(ranks: Ranks) -> Metrics:
        """Compute the metrics. ranks: (N,), 0 for a query whose answer came first."""
        return Metrics.of_counts(np.bincount(ranks))

    @staticmethod
    def of_counts(counts: NDArray[np.number]) -> Metrics:
        """Compute the metrics from counts: counts[r] is the number of queries with rank r."""
        r1, r5, r10, median, mean, _ = values_of_counts(counts[None])[0].tolist()
        return Metrics(r1, r5, r10, median, mean, int(counts.sum()))

    @staticmethod
    def mean(seeds: list[Metrics]) -> Metrics:
        """Return the mean of each metric over models that were trained with several seeds, on the same queries."""
        r1, r5, r10, median, mean, _ = np.mean([metrics.values() for metrics in seeds], axis=0).tolist()
        return Metrics(r1, r5, r10, median, mean, seeds[0].queries)


def values_of_counts(counts: NDArray[np.number]) -> NDArray[np.float64]:
    """Return the metrics, in the order of NAMES, of several sets of queries: (n, metrics).

    counts: (n, R); counts[i, r] is the number of queries of set i with rank r.
    """
    reached = counts.cumsum(axis=1)
    total = reached[:, -1:]
    recalls = 100 * reached[:, [min(k, reached.shape[1]) - 1 for k in (1, 5, 10)]] / total
    median = ((reached <= (total - 1) // 2).sum(axis=1) + (reached <= total // 2).sum(axis=1)) / 2 + 1
    mean = counts @ np.arange(counts.shape[1]) / total[:, 0] + 1
    return np.column_stack([recalls, median, mean, recalls.sum(axis=1)])


def text_to_video(scores: Scores, owner: Ranks) -> Metrics:
    """Compute the metrics of texts that rank videos. scores: (N, B). owner: (N,), the video of each text."""
    return Metrics.of(text_ranks(scores, owner))


def video_to_text(scores: Scores, owner: Ranks) -> Metrics:
    """Compute the metrics of videos that rank texts. The best of a video's captions counts."""
    return Metrics.of(video_ranks(scores, owner))


def text_ranks(scores: Scores, owner: Ranks, tied: NDArray[np.bool_] | None = None) -> Ranks:
    """Return, for each text, the number of other videos that score as well as the right one: (N,).

    tied: `ties` of the model's own scores, if `scores` were normalised, as rounding happens in the model.
    Raises HearsightError for scores that are NaN.
    """
    if tied is None:
        tied = ties(scores, owner)
    ranks: Ranks = ((scores >= _right(scores, owner)) | tied).sum(axis=1) - 1
    return ranks


def ties(scores: Scores, owner: Ranks) -> NDArray[np.bool_]:
    """Return which videos tie with the right one, itself included: (N, B)."""
    right = _right(scores, owner)
    tied: NDArray[np.bool_] = np.abs(scores - right) <= ROUNDING * np.abs(right)
    return tied


def _right(scores: Scores, owner: Ranks) -> Scores:
    """Return the score of the right video: (N, 1)."""
    if np.isnan(scores).any():
        raise HearsightError("scores are not numbers (NaN); the model is damaged, or must be evaluated in float32")
    return scores[np.arange(len(scores)), owner][:, None]


def video_ranks(scores: Scores, owner: Ranks) -> Ranks:
    """Return, for each video, the number of other videos whose best caption scores as well as its own best: (B,)."""
    best = BestCaptions(scores.shape[1], scores.dtype)
    best.add(scores, owner)
    return best.ranks()


class BestCaptions:
    """Collects the best score of each video's captions with each video, from blocks of captions in any order.

    It holds (B, B) numbers instead of the matrix of all captions: 400 MB for 10,000 videos in float32.
    """

    def __init__(self, videos: int, dtype: DTypeLike = np.float32) -> None:
        lowest = np.finfo(dtype).min  # for a video without captions; infinity minus itself would be NaN
        self.best = np.full((videos, videos), lowest, dtype)  # [j, i]: best of video j's captions with video i

    def add(self, scores: Scores, owner: Ranks) -> None:
        """Add the scores (n, B) of n captions. owner: (n,), the video that each describes."""
        for row, video in zip(scores, owner, strict=True):
            np.maximum(self.best[video], row, out=self.best[video])

    def ranks(self) -> Ranks:
        """Return the rank of each video's own best caption among the best of all videos: (B,)."""
        videos = np.arange(len(self.best))
        strips = [videos[start : start + STRIP] for start in range(0, len(videos), STRIP)]
        return np.concatenate([text_ranks(self.best.T[strip[0] : strip[-1] + 1], strip) for strip in strips])
