"""How far metrics can be trusted: 95 % bootstrap confidence intervals, and paired differences of two methods.

What is resampled are *clusters*: queries that stand or fall together, such as the captions of one video, or of twins.
Were single captions resampled, 20 captions of each of 100 videos would pass for 2,000 independent queries.

A method that was trained with several seeds has two sources of chance, the queries and the seeds, and both are
resampled, independently of each other (Owen, "The pigeonhole bootstrap", 2007; it errs towards wide intervals). Of S
seeds, S - 1 are drawn: with so few, drawing S would make the variance between seeds look smaller than it is, by
(S - 1) / S; drawing one less makes it right (Rao and Wu, 1988). From one seed nothing is learned about others: the
interval then is of that one trained model.

Intervals are percentiles of the resamples. They say little where a recall is 0 or 100 %: no resample can differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hearsight.research.evaluation.metrics import NAMES, Metrics, Ranks

RESAMPLES = 1000
LEVEL = 95.0  # percent

Samples = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A value with its confidence interval."""

    value: float
    low: float
    high: float


def intervals(ranks: Ranks, clusters: Ranks, resamples: int = RESAMPLES, seed: int = 0) -> dict[str, Estimate]:
    """Each metric (by its name in NAMES), the mean over seeds, with its interval.

    ranks: (S, N), of N queries by each of S models of one method. clusters: (N,), equal for queries that belong
    together.
    """
    value = Metrics.mean([Metrics.of(row) for row in ranks]).values()
    return _estimates(value, over_seeds(resample(ranks, clusters, resamples, seed), seed))


def differences(
    ranks: Ranks, others: Ranks, clusters: Ranks, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Estimate]:
    """How much greater each metric is by one method than by another, on the same queries; "sumr_relative" in percent of
    the other's SumR.

    ranks: (S, N). others: (S', N). Queries are resampled alike for both, so that what makes a query hard for both falls
    out of the difference. Seeds are resampled apart. Two runs of one seed do share the order of clips and captions;
    not to pair them can only make an interval wider.
    """
    ours, theirs = (np.array(Metrics.mean([Metrics.of(row) for row in rows]).values()) for rows in (ranks, others))
    drawn = over_seeds(resample(ranks, clusters, resamples, seed), seed)
    against = over_seeds(resample(others, clusters, resamples, seed), seed + 1)
    value = (*(ours - theirs), *_relative(ours, theirs))
    samples = np.column_stack([drawn - against, _relative(drawn, against)])
    return _estimates(value, samples, (*NAMES, "sumr_relative"))


def resample(ranks: Ranks, clusters: Ranks, resamples: int = RESAMPLES, seed: int = 0) -> Samples:
    """(resamples, S, metrics): the metrics, in the order of NAMES, of queries drawn anew by clusters.

    The same clusters and seed draw the same queries, whatever the ranks are: two calls make a paired comparison.
    """
    random = np.random.default_rng(seed)
    names, cluster = np.unique(clusters, return_inverse=True)
    samples = np.empty((resamples, len(ranks), len(NAMES)))
    for number in range(resamples):
        times = np.bincount(random.integers(len(names), size=len(names)), minlength=len(names))[cluster]
        for which, row in enumerate(ranks):
            samples[number, which] = Metrics.of_counts(np.bincount(row, weights=times)).values()
    return samples


def over_seeds(samples: Samples, seed: int = 0) -> Samples:
    """(resamples, metrics): for each resample the mean over S - 1 seeds drawn from S. samples: as `resample` gives."""
    count, seeds, _ = samples.shape
    drawn = np.random.default_rng([seed, seeds]).integers(seeds, size=(count, max(1, seeds - 1)))
    mean: Samples = np.take_along_axis(samples, drawn[..., None], axis=1).mean(axis=1)
    return mean


def _relative(ours: Samples, theirs: Samples) -> Samples:
    """By how many percent SumR, the last metric, is greater."""
    return 100 * (ours[..., -1:] - theirs[..., -1:]) / np.maximum(theirs[..., -1:], 1e-9)


def _estimates(value: tuple[float, ...], samples: Samples, names: tuple[str, ...] = NAMES) -> dict[str, Estimate]:
    outside = (100 - LEVEL) / 2
    low, high = np.percentile(samples, [outside, 100 - outside], axis=0)
    return {name: Estimate(*map(float, three)) for name, *three in zip(names, value, low, high, strict=True)}
