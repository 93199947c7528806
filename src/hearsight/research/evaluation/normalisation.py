"""Post-processing of similarities that takes from videos which answer every query (hubs). Never applied by default.

Both look at how a video scores with other texts, and both are for text-to-video. They differ in whose texts these are:
dual softmax takes all queries of the test (it is transductive: no such set exists when one person asks one question),
querybank normalisation takes captions of the training split. Whoever reports a number made with either says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hearsight.errors import HearsightError
from hearsight.research.evaluation.metrics import Scores

BANK = 5000  # captions: more add little but time
BETA = 20.0  # published, for cosines

Normalise = Callable[[Scores], Scores]  # (n, B) scores of n queries to what ranks the videos instead


class Normalisation(Protocol):
    """How scores are changed before videos are ranked; str() says it in words, for a report."""

    @property
    def bank(self) -> Sequence[str] | None:
        """The texts that it is fitted to; None for the queries themselves."""

    def fit(self, blocks: Iterable[Scores]) -> Normalise:
        """blocks: the scores (n, B) of the bank, block by block."""


@dataclass(frozen=True)
class DualSoftmax:
    """score * softmax(score / temperature), the softmax over all queries (docs/reference.md section 9)."""

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
    CVPR 2022): exp(beta * score) over its sum over the bank. Only for queries whose best video is the best (k = 1) of
    some text of the bank; other queries are left as they are.

    bank: texts that are not of the test. beta: inverse temperature. source: where the bank is from, for the report.
    """

    bank: Sequence[str]
    beta: float
    source: str

    @staticmethod
    def of(captions: Sequence[str], scale: float, source: str) -> Querybank:
        """A bank of training captions, at most BANK drawn from those that differ, and the authors' temperature.

        scale: of the model's logits; the published value is for cosines.
        """
        distinct = list(dict.fromkeys(captions))
        if not distinct:
            raise HearsightError(f"{source} has no captions to normalise with; give the training split")
        drawn = np.random.default_rng(0).permutation(len(distinct))[:BANK]
        return Querybank([distinct[place] for place in drawn], BETA / scale, source)

    def __str__(self) -> str:
        return f"querybank, {len(self.bank)} captions of {self.source}, inverse temperature {self.beta:.3g}, k = 1"

    def fit(self, blocks: Iterable[Scores]) -> Normalise:
        total, firsts = _LogSum(), []
        for block in blocks:
            total.add(self.beta * block)
            firsts.append(block.argmax(axis=1))
        hubs = np.unique(np.concatenate(firsts))

        def normalise(scores: Scores) -> Scores:
            # The logarithm over beta ranks as the quotient does, in the unit of the scores, and never overflows.
            active = np.isin(scores.argmax(axis=1), hubs)[:, None]
            return np.where(active, scores - total.value / self.beta, scores)

        return normalise


def dual_softmax(scores: Scores, temperature: float = 3.0) -> Scores:
    """Scores (N, B) of all queries after dual softmax. Transductive: it sees every query of the test. Say so."""
    return DualSoftmax(temperature).fit([scores])(scores)


class _LogSum:
    """log(sum(exp(x))) down the columns of blocks."""

    value: float | NDArray[np.floating] = -np.inf

    def add(self, block: Scores) -> None:
        self.value = np.logaddexp(self.value, np.logaddexp.reduce(block, axis=0))
