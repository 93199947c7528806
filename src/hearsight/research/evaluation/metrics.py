"""Retrieval metrics from similarities (docs/reference.md section 9), in the field's conventions.

Ranks are counted from 0: how many others score at least as well as the right one. A tie counts against the method.
Scores that differ by no more than float32's rounding are a tie: where in a block two equal clips stand decides their
last digits, and must not decide their ranks.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import DTypeLike, NDArray

from hearsight.errors import HearsightError

Scores = NDArray[np.floating]
Ranks = NDArray[np.integer]

ROUNDING = 2e-6  # relative: some 16 units in the last place of float32

STRIP = 256  # videos ranked at once: comparing takes twice the memory of what is compared

NAMES = ("r1", "r5", "r10", "median_rank", "mean_rank", "sumr")


@dataclass(frozen=True)
class Metrics:
    """Recall in percent, ranks from 1."""

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
        """In the order of NAMES."""
        return tuple(getattr(self, name) for name in NAMES)

    def to_dict(self) -> dict[str, float]:
        return {**asdict(self), "sumr": self.sumr}

    @staticmethod
    def of(ranks: Ranks) -> Metrics:
        """ranks: (N,), 0 for a query whose answer came first."""
        return Metrics.of_counts(np.bincount(ranks))

    @staticmethod
    def of_counts(counts: NDArray[np.number]) -> Metrics:
        """counts[r]: how many queries have rank r. All that the metrics depend on."""
        reached = counts.cumsum()
        total = int(reached[-1])
        r1, r5, r10 = (100 * float(reached[min(k, len(reached)) - 1]) / total for k in (1, 5, 10))
        middle = np.searchsorted(reached, [(total - 1) // 2, total // 2], side="right")
        mean = float(counts @ np.arange(len(counts))) / total
        return Metrics(r1, r5, r10, float(middle.mean()) + 1, mean + 1, total)

    @staticmethod
    def mean(several: list[Metrics]) -> Metrics:
        """The mean of each metric over models trained with several seeds, on the same queries."""
        r1, r5, r10, median, mean, _ = np.mean([metrics.values() for metrics in several], axis=0).tolist()
        return Metrics(r1, r5, r10, median, mean, several[0].queries)


def text_to_video(scores: Scores, owner: Ranks) -> Metrics:
    """Each text ranks the videos. scores: (N, B). owner: (N,), the video that each text describes."""
    return Metrics.of(text_ranks(scores, owner))


def video_to_text(scores: Scores, owner: Ranks) -> Metrics:
    """Each video ranks the texts; of its several captions, the best counts."""
    return Metrics.of(video_ranks(scores, owner))


def text_ranks(scores: Scores, owner: Ranks, tied: NDArray[np.bool_] | None = None) -> Ranks:
    """(N,): how many other videos score as well as the right one.

    tied: what `ties` says of the scores of the model, where these here are made from them: rounding is of the model.
    Raises HearsightError for scores that are no numbers: nothing is greater than NaN.
    """
    if tied is None:
        tied = ties(scores, owner)
    ranks: Ranks = ((scores >= _right(scores, owner)) | tied).sum(axis=1) - 1
    return ranks


def ties(scores: Scores, owner: Ranks) -> NDArray[np.bool_]:
    """(N, B): the videos that tie with the right one, itself among them."""
    right = _right(scores, owner)
    tied: NDArray[np.bool_] = np.abs(scores - right) <= ROUNDING * np.abs(right)
    return tied


def _right(scores: Scores, owner: Ranks) -> Scores:
    """(N, 1): the score of the right video."""
    if np.isnan(scores).any():
        raise HearsightError("scores are not numbers; the model is damaged, or has to be evaluated in float32")
    return scores[np.arange(len(scores)), owner][:, None]


def video_ranks(scores: Scores, owner: Ranks) -> Ranks:
    """(B,): how many other videos' best captions score as well as the video's own best."""
    best = BestCaptions(scores.shape[1], scores.dtype)
    best.add(scores, owner)
    return best.ranks()


class BestCaptions:
    """The best score of every video's captions with every video, from blocks of captions in any order.

    Holds (B, B) numbers, so that the matrix of all captions need not be held: 400 MB for 10,000 videos in float32.
    """

    def __init__(self, videos: int, dtype: DTypeLike = np.float32) -> None:
        lowest = np.finfo(dtype).min  # of a video without captions, and no infinity: that is no number less itself
        self.best = np.full((videos, videos), lowest, dtype)  # [j, i]: of video j's captions with video i

    def add(self, scores: Scores, owner: Ranks) -> None:
        """scores: (n, B) of n captions. owner: (n,), the video that each describes."""
        for row, video in zip(scores, owner, strict=True):
            np.maximum(self.best[video], row, out=self.best[video])

    def ranks(self) -> Ranks:
        """(B,): the rank of each video's own best caption among the best of every video."""
        own = np.arange(len(self.best))
        strips = [own[start : start + STRIP] for start in range(0, len(own), STRIP)]
        return np.concatenate([text_ranks(self.best.T[strip[0] : strip[-1] + 1], strip) for strip in strips])
