"""The ranks of the right answers: all that metrics, intervals and comparisons need, and small enough to store."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.random import Generator

from hearsight.research.evaluation.metrics import Metrics, Ranks

ALL = "all captions"
BACK = "video to text"


class Row(NamedTuple):
    """The N queries of one row of a table. ranks: (N,), from 0. clusters: (N,), equal for dependent queries."""

    ranks: Ranks
    clusters: Ranks


@dataclass(frozen=True)
class Ranking:
    """The ranks that one model gives to N captions of B clips.

    captions: a digest, equal only for the same captions among the same clips.
    kinds: (N,), "" where the data have none.
    owner: (N,), the clip that each caption describes.
    clusters: (B,), equal for twins, which are not independent evidence.
    texts: (N,), the rank of each caption's clip, from 0.
    ties: (N,), the number of clips ranked before it with the same score: a tie counts against the method.
    videos: (B,), the rank of each clip's best caption, from 0; None if scores were normalised, which is for
    text-to-video only.
    normalisation: its description, if any.
    model: its fingerprint; None in older reports, which do not record it.
    """

    captions: str
    kinds: tuple[str, ...]
    owner: Ranks
    clusters: Ranks
    texts: Ranks
    ties: Ranks
    videos: Ranks | None
    normalisation: str | None = None
    model: str | None = None

    def rows(self) -> dict[str, Row]:
        """Return the rows of a table: text-to-video by kind of caption, ALL captions, and BACK from video to text."""
        kinds, clusters = np.array(self.kinds), self.clusters[self.owner]
        rows = {
            kind: Row(self.texts[kinds == kind], clusters[kinds == kind]) for kind in dict.fromkeys(self.kinds) if kind
        }
        rows[ALL] = Row(self.texts, clusters)
        if self.videos is not None:
            described = np.unique(self.owner)  # a clip without a caption is not a query
            rows[BACK] = Row(self.videos[described], self.clusters[described])
        return rows

    def metrics(self) -> dict[str, Metrics]:
        """Return the metrics of each row."""
        return {name: Metrics.of(row.ranks) for name, row in self.rows().items()}

    def tied(self) -> dict[str, float]:
        """Return the percentage of the captions of each kind, and of ALL, whose clip ties with another."""
        tied, kinds = 100.0 * (self.ties > 0), np.array(self.kinds)
        return {name: float(tied[(kinds == name) | (name == ALL)].mean()) for name in self.rows() if name != BACK}

    def at_chance(self, rng: Generator) -> Ranking:
        """Return the text-to-video ranking with ties broken at random, as if the method guessed between them."""
        guessed = self.texts - self.ties + rng.integers(self.ties + 1)
        return replace(self, texts=guessed, ties=np.zeros_like(self.ties), videos=None)

    def to_dict(self) -> dict[str, Any]:
        """Return the ranking as values for JSON."""
        return {key: value.tolist() if isinstance(value, np.ndarray) else value for key, value in asdict(self).items()}

    @staticmethod
    def from_dict(values: dict[str, Any]) -> Ranking:
        """Return the ranking that `to_dict` was called on."""
        arrays = {
            key: None if values[key] is None else np.array(values[key], np.int64)
            for key in ("owner", "clusters", "texts", "ties", "videos")
        }
        return Ranking(**{**values, **arrays, "kinds": tuple(values["kinds"])})
