"""Post-processing that lowers the scores of videos which match every query (hubs). It is never applied by default.

Both methods compare a video's score with its scores for other texts, and both are for text-to-video. Dual softmax takes
all queries of the test; it is transductive, as no such set exists for a single search. Querybank normalisation takes
captions of the training split. A number that was computed with either must be reported as such.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hearsight.errors import HearsightError
from hearsight.research.evaluation.metrics import Scores

BANK = 5000  # captions; more take time and change little
BETA = 20.0  # the published inverse temperature, for cosines

Normalise = Callable[[Scores], Scores]  # (n, B) scores of n queries -> scores to rank by


class Normalisation(Protocol):
    """A change of scores before videos are ranked; str() describes it for a report."""

    @property
    def bank(self) -> Sequence[str] | None:
        """The texts that it is fitted to, or None for the queries themselves."""

    def fit(self, blocks: Iterable[Scores]) -> Normalise:
        """Fit to the scores (n, B) of the bank, given in blocks."""


@dataclass(frozen=True)
class DualSoftmax:
    """score * softmax(score / temperature), with the softmax over all queries (docs/reference.md section 9)."""

    temperature: float = 3.0
    bank: None = None

    def __str__(self) -> str:
        return f"dual softmax over all queries of the test (transductive), temperature {self.temperature:g}"

    def fit(self, blocks: Iterable[Scores]) -> Normalise:
        total = _LogSum()
        for block in blocks:
            total.add(block / self.temperature)
        return lambda scores: scores * np.exp(scores / self.temperature - total.value)


@dataclass(frozen=True)
class Querybank:
    """QB-Norm with the dynamic inverted softmax (Bogolin et al., "Cross Modal Retrieval with Querybank Normalisation",
    CVPR 2022): exp(beta * score) divided by its sum over the bank. It applies only to queries whose best video is also
    the best (k = 1) of a text in the bank; other queries are unchanged.

    bank: texts that are not in the test. beta: inverse temperature. source: the folder of the bank, for the report.
    """

    bank: Sequence[str]
    beta: float
    source: str

    @staticmethod
    def of(captions: Sequence[str], scale: float, source: str) -> Querybank:
        """Draw a bank of at most BANK distinct training captions, and set the authors' temperature.

        scale: of the model's logits; the published temperature is for cosines.
        """
        distinct = list(dict.fromkeys(captions))
        if not distinct:
            raise HearsightError(f"{source} has no captions to normalise with; give the training split")
        drawn = np.random.default_rng(0).permutation(len(distinct))[:BANK]
        return Querybank([distinct[index] for index in drawn], BETA / scale, source)

    def __str__(self) -> str:
        return f"querybank, {len(self.bank)} captions of {self.source}, inverse temperature {self.beta:.3g}, k = 1"

    def fit(self, blocks: Iterable[Scores]) -> Normalise:
        total, firsts = _LogSum(), []
        for block in blocks:
            total.add(self.beta * block)
            firsts.append(block.argmax(axis=1))
        hubs = np.unique(np.concatenate(firsts))

        def normalise(scores: Scores) -> Scores:
            # The logarithm over beta ranks as the quotient does, but in the unit of the scores and without overflow.
            active = np.isin(scores.argmax(axis=1), hubs)[:, None]
            return np.where(active, scores - total.value / self.beta, scores)

        return normalise


def dual_softmax(scores: Scores, temperature: float = 3.0) -> Scores:
    """Apply dual softmax to the scores (N, B) of all queries. It is transductive: a report must say so."""
    return DualSoftmax(temperature).fit([scores])(scores)


class _LogSum:
    """Accumulates log(sum(exp(x))) of each column over blocks of rows."""

    value: float | NDArray[np.floating] = -np.inf

    def add(self, block: Scores) -> None:
        self.value = np.logaddexp(self.value, np.logaddexp.reduce(block, axis=0))
