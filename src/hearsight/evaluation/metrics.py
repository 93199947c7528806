"""Retrieval metrics from a matrix of similarities (docs/reference.md section 9), in the field's conventions."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from hearsight.errors import HearsightError

Scores = NDArray[np.floating]


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

    def to_dict(self) -> dict[str, float]:
        return {**asdict(self), "sumr": self.sumr}

    @staticmethod
    def of(ranks: NDArray[np.integer]) -> Metrics:
        """ranks: (N,), 0 for a query whose answer came first."""
        recall = {k: 100 * float((ranks < k).mean()) for k in (1, 5, 10)}
        return Metrics(
            recall[1], recall[5], recall[10], float(np.median(ranks)) + 1, float(ranks.mean()) + 1, len(ranks)
        )


def text_to_video(scores: Scores, owner: NDArray[np.integer]) -> Metrics:
    """Each text ranks the videos. scores: (N, B). owner: (N,), the video that each text describes."""
    return Metrics.of(text_ranks(scores, owner))


def video_to_text(scores: Scores, owner: NDArray[np.integer]) -> Metrics:
    """Each video ranks the texts; of its several captions, the best counts."""
    return Metrics.of(video_ranks(scores, owner))


def text_ranks(scores: Scores, owner: NDArray[np.integer]) -> NDArray[np.integer]:
    """(N,): how many videos score above the right one. A tie counts against the method.

    Raises HearsightError for scores that are not finite: nothing is greater than NaN.
    """
    if not np.isfinite(scores).all():
        raise HearsightError("scores are not finite; the model is damaged, or has to be evaluated in float32")
    right = scores[np.arange(len(scores)), owner][:, None]
    above: NDArray[np.integer] = (scores >= right).sum(axis=1) - 1
    return above


def video_ranks(scores: Scores, owner: NDArray[np.integer]) -> NDArray[np.integer]:
    """(B,): how many other videos' best captions score above the video's own best."""
    videos = scores.shape[1]
    best = np.full((videos, videos), -np.inf)  # of video j's captions with video i
    np.maximum.at(best, owner, scores)
    return text_ranks(best.T, np.arange(videos))


def dual_softmax(scores: Scores, temperature: float = 3.0) -> Scores:
    """Scores after dual softmax, for text-to-video. Transductive: it sees every query of the test. Say so.

    scores: (N, B), one text a row.
    """
    scaled = scores / temperature
    weights = np.exp(scaled - scaled.max(axis=0))
    softmax: Scores = scores * weights / weights.sum(axis=0)
    return softmax
