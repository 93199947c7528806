"""Bootstrap confidence intervals (95 %) of metrics, and of paired differences between two methods.

*Clusters* of dependent queries are resampled, such as the captions of one video, or of twins. If single captions were
resampled, 20 captions of each of 100 videos would count as 2,000 independent queries.

A method that was trained with several seeds has two sources of variance, the queries and the seeds. Both are resampled,
independently of each other (Owen, "The pigeonhole bootstrap", 2007; it errs towards wide intervals). S - 1 of the S
seeds are drawn: with so few seeds, drawing S would underestimate the variance between them by the factor (S - 1) / S,
and drawing one less corrects this (Rao and Wu, 1988). A single seed says nothing about other seeds: the interval is
then that of this one trained model.

Intervals are percentiles of the resamples. They mean little for a recall of 0 or 100 %, as no resample can differ.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hearsight.research.evaluation.metrics import NAMES, Metrics, Ranks, values_of_counts

RESAMPLES = 1000
BLOCK = 100  # resamples whose metrics are computed at once, which takes 50 MB for 60,000 queries
LEVEL = 95.0  # percent

Samples = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A value with its confidence interval."""

    value: float
    low: float
    high: float


def intervals(ranks: Ranks, clusters: Ranks, resamples: int = RESAMPLES, seed: int = 0) -> dict[str, Estimate]:
    """Return each metric (by its name in NAMES), the mean over seeds, with its interval.

    ranks: (S, N), of N queries by each of S models of one method. clusters: (N,), equal for dependent queries.
    """
    value = Metrics.mean([Metrics.of(row) for row in ranks]).values()
    return _estimates(value, over_seeds(resample(ranks, clusters, resamples, seed), seed))


def differences(
    ranks: Ranks, baseline: Ranks, clusters: Ranks, resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, Estimate]:
    """Return by how much each metric of one method exceeds that of a baseline, on the same queries.

    "sumr_relative" is in percent of the baseline's SumR. ranks: (S, N). baseline: (S', N).
    The same queries are drawn for both, so that the difficulty of a query cancels out. Seeds are resampled separately.
    Two runs with the same seed share the order of clips and captions; not pairing them can only widen an interval.
    """
    value, reference = (
        np.array(Metrics.mean([Metrics.of(row) for row in rows]).values()) for rows in (ranks, baseline)
    )
    samples = over_seeds(resample(ranks, clusters, resamples, seed), seed)
    references = over_seeds(resample(baseline, clusters, resamples, seed), seed + 1)
    difference = (*(value - reference), *_relative(value, reference))
    differences = np.column_stack([samples - references, _relative(samples, references)])
    return _estimates(difference, differences, (*NAMES, "sumr_relative"))


def resample(ranks: Ranks, clusters: Ranks, resamples: int = RESAMPLES, seed: int = 0) -> Samples:
    """Return the metrics, in the order of NAMES, of resampled queries: (resamples, S, metrics).

    The same clusters and seed draw the same queries, whatever the ranks are: two calls make a paired comparison.
    """
    random = np.random.default_rng(seed)
    names, cluster = np.unique(clusters, return_inverse=True)
    samples = np.empty((resamples, len(ranks), len(NAMES)))
    for start in range(0, resamples, BLOCK):
        drawn = random.integers(len(names), size=(min(BLOCK, resamples - start), len(names)))
        times = [np.bincount(draw, minlength=len(names))[cluster] for draw in drawn]
        for model, row in enumerate(ranks):
            counts = np.stack([np.bincount(row, weights=weights) for weights in times])
            samples[start : start + len(drawn), model] = values_of_counts(counts)
    return samples


def over_seeds(samples: Samples, seed: int = 0) -> Samples:
    """Return, for each resample, the mean over S - 1 seeds drawn from S: (resamples, metrics).

    samples: (resamples, S, metrics), as `resample` returns.
    """
    count, seeds, _ = samples.shape
    drawn = np.random.default_rng([seed, seeds]).integers(seeds, size=(count, max(1, seeds - 1)))
    mean: Samples = np.take_along_axis(samples, drawn[..., None], axis=1).mean(axis=1)
    return mean


def _relative(values: Samples, references: Samples) -> Samples:
    """Return by how many percent SumR, the last metric, is greater."""
    return 100 * (values[..., -1:] - references[..., -1:]) / np.maximum(references[..., -1:], 1e-9)


def _estimates(value: tuple[float, ...], samples: Samples, names: tuple[str, ...] = NAMES) -> dict[str, Estimate]:
    outside = (100 - LEVEL) / 2
    low, high = np.percentile(samples, [outside, 100 - outside], axis=0)
    return {name: Estimate(*map(float, three)) for name, *three in zip(names, value, low, high, strict=True)}
