"""What an evaluation found, for programs and people: one method's metrics with intervals, and its protocol."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from hearsight.errors import HearsightError
from hearsight.research.evaluation.bootstrap import LEVEL, RESAMPLES, Estimate, differences, intervals
from hearsight.research.evaluation.protocols import PROTOCOLS
from hearsight.research.evaluation.ranking import ALL, BACK, Ranking, Row

SEED = 0  # of the resamples

Rows = dict[str, dict[str, Estimate]]  # by row of a table, then by metric


@dataclass(frozen=True)
class Report:
    """One method on one set of captions. rankings: those of its models, one for each seed it was trained with.

    dataset: the public one that the captions are of, by its name in `PROTOCOLS`, if they are of one. left_out: clips of
    it that could not be used.
    """

    method: str
    data: str
    rankings: Sequence[Ranking]
    dataset: str | None = None
    left_out: int = 0

    def __post_init__(self) -> None:
        if len({(ranking.captions, ranking.normalisation) for ranking in self.rankings}) != 1:
            raise HearsightError(f"the seeds of {self.method} were evaluated differently; evaluate all of them alike")

    @property
    def clips(self) -> int:
        return len(self.rankings[0].clusters)

    @property
    def queries(self) -> dict[str, int]:
        """How many there are, by row."""
        return {name: len(row.ranks) for name, row in self.rankings[0].rows().items()}

    @cached_property
    def rows(self) -> Rows:
        """Each metric with its interval: by kind of caption, for all captions, and for video to text."""
        ours = self._stacked()
        return {name: intervals(ranks, clusters, seed=SEED) for name, (ranks, clusters) in ours.items()}

    def over(self, other: Report) -> Rows:
        """How much greater each metric is than another method's, on the same captions; see `differences`.

        Raises HearsightError where the captions, the clips or what was done to the scores are not the same.
        """
        mine, its = self.rankings[0], other.rankings[0]
        if mine.captions != its.captions:
            raise HearsightError(
                f"{self.method} and {other.method} were asked different captions, or of other clips; evaluate both on "
                "the same folder"
            )
        if mine.normalisation != its.normalisation:
            raise HearsightError(
                f"scores of {self.method} and {other.method} were normalised differently ({mine.normalisation or 'not'}"
                f", {its.normalisation or 'not'}); evaluate both alike"
            )
        ours, theirs = self._stacked(), other._stacked()
        return {
            name: differences(ranks, theirs[name].ranks, clusters, seed=SEED)
            for name, (ranks, clusters) in ours.items()
            if name in theirs
        }

    @property
    def tied(self) -> dict[str, float]:
        """Percent of the queries whose clip ties with another, by row, the mean over seeds; not from video to text."""
        seeds = [ranking.tied() for ranking in self.rankings]
        return {name: float(np.mean([tied[name] for tied in seeds])) for name in seeds[0]}

    @property
    def protocol(self) -> dict[str, Any]:
        """All that one has to know to set the numbers against others."""
        first, seeds = self.rankings[0], len(self.rankings)
        counts = np.bincount(first.owner, minlength=self.clips)
        each = "to".join(f" {count} " for count in sorted({counts.min(), counts.max()}))
        published = {"published protocol": f"{self.dataset}: {PROTOCOLS[self.dataset]}"} if self.dataset else {}
        return published | {
            "direction": f"text to video; '{BACK}' the other way" if first.videos is not None else "text to video",
            "normalisation": first.normalisation or "none",
            "clips": self.clips,
            "captions": f"{len(first.texts)}, each a query;{each}a clip",
            "ties": f"count against the method; in {self.tied[ALL]:.1f} % of the queries",
            "seeds": seeds,
            "intervals": f"{LEVEL:g} %, bootstrap over clips (twins together){' and seeds' if seeds > 1 else ''}, "
            f"{RESAMPLES} resamples, seed {SEED}",
        }

    def to_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {
            "method": self.method,
            "data": self.data,
            "dataset": self.dataset,
            "protocol": self.protocol,
            "rows": {
                name: {"queries": self.queries[name], "tied": self.tied.get(name), **row}
                for name, row in as_dict(self.rows).items()
            },
        }

    def ranks_dict(self) -> dict[str, Any]:
        """JSON-able: all that the report is made from."""
        return {
            "method": self.method,
            "data": self.data,
            "dataset": self.dataset,
            "left_out": self.left_out,
            "rankings": [each.to_dict() for each in self.rankings],
        }

    def _stacked(self) -> dict[str, Row]:
        """The rows with the ranks of all seeds: (S, N)."""
        seeds = [ranking.rows() for ranking in self.rankings]
        return {
            name: Row(np.stack([rows[name].ranks for rows in seeds]), row.clusters) for name, row in seeds[0].items()
        }


def as_dict(rows: Rows) -> dict[str, dict[str, Any]]:
    """JSON-able."""
    return {name: {metric: asdict(estimate) for metric, estimate in row.items()} for name, row in rows.items()}


def read_report(folder: Path) -> Report:
    """What `write_report` wrote (writing.py). Raises HearsightError where there is none."""
    try:
        return read_ranks(folder / "ranks.json")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HearsightError(
            f"no report in {folder} that can be read ({error!r}); make one with `hearsight evaluate MODEL FOLDER "
            f"--report {folder}`"
        ) from error


def read_ranks(file: Path) -> Report:
    """A report from the JSON of its `ranks_dict`."""
    kept = json.loads(file.read_text(encoding="utf-8"))
    rankings = [Ranking.from_dict(values) for values in kept["rankings"]]
    return Report(kept["method"], kept["data"], rankings, kept.get("dataset"), kept.get("left_out", 0))
