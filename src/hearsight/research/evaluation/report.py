"""The result of an evaluation: one method's metrics with intervals, and the protocol they were measured by."""

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
    """The result of one method on one set of captions.

    rankings: one for each seed that the method was trained with. dataset: the public data set that the captions belong
    to, by its name in `PROTOCOLS`, if any. left_out: the number of its clips that could not be used.
    """

    method: str
    data: str
    rankings: Sequence[Ranking]
    dataset: str | None = None
    left_out: int = 0

    def __post_init__(self) -> None:
        if len({(ranking.captions, ranking.normalisation) for ranking in self.rankings}) != 1:
            raise HearsightError(
                f"the seeds of {self.method} were evaluated differently; evaluate all of them in the same way"
            )

    @property
    def clips(self) -> int:
        return len(self.rankings[0].clusters)

    @property
    def queries(self) -> dict[str, int]:
        """The number of queries of each row."""
        return {name: len(row.ranks) for name, row in self.rankings[0].rows().items()}

    @cached_property
    def rows(self) -> Rows:
        """Each metric with its interval: by kind of caption, for all captions, and for video to text."""
        rows = self._stacked()
        return {name: intervals(ranks, clusters, seed=SEED) for name, (ranks, clusters) in rows.items()}

    def over(self, baseline: Report) -> Rows:
        """Return by how much each metric exceeds that of a baseline on the same captions; see `differences`.

        Raises HearsightError for different captions or clips, and for scores that were normalised differently.
        """
        first, second = self.rankings[0], baseline.rankings[0]
        if first.captions != second.captions:
            raise HearsightError(
                f"{self.method} and {baseline.method} were evaluated on different captions or clips; evaluate both on "
                "the same folder"
            )
        if first.normalisation != second.normalisation:
            raise HearsightError(
                f"scores of {self.method} and {baseline.method} were normalised differently "
                f"({first.normalisation or 'not'}, {second.normalisation or 'not'}); evaluate both in the same way"
            )
        rows, references = self._stacked(), baseline._stacked()
        return {
            name: differences(ranks, references[name].ranks, clusters, seed=SEED)
            for name, (ranks, clusters) in rows.items()
            if name in references
        }

    @property
    def tied(self) -> dict[str, float]:
        """The percentage of queries whose clip ties with another, by row, the mean over seeds; text to video only."""
        seeds = [ranking.tied() for ranking in self.rankings]
        return {name: float(np.mean([tied[name] for tied in seeds])) for name in seeds[0]}

    @property
    def protocol(self) -> dict[str, Any]:
        """What a reader must know to compare the numbers with others."""
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
        """Return the report as values for JSON."""
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
        """Return the ranks, from which the report can be computed again, as values for JSON."""
        return {
            "method": self.method,
            "data": self.data,
            "dataset": self.dataset,
            "left_out": self.left_out,
            "rankings": [each.to_dict() for each in self.rankings],
        }

    def _stacked(self) -> dict[str, Row]:
        """Return the rows with the ranks of all seeds, (S, N)."""
        seeds = [ranking.rows() for ranking in self.rankings]
        return {
            name: Row(np.stack([rows[name].ranks for rows in seeds]), row.clusters) for name, row in seeds[0].items()
        }


def as_dict(rows: Rows) -> dict[str, dict[str, Any]]:
    """Return rows as values for JSON."""
    return {name: {metric: asdict(estimate) for metric, estimate in row.items()} for name, row in rows.items()}


def read_report(folder: Path) -> Report:
    """Read the report that `write_report` wrote. Raises HearsightError if there is none, or if it is damaged."""
    try:
        return read_ranks(folder / "ranks.json")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HearsightError(
            f"cannot read a report in {folder} ({error!r}); make one with `hearsight evaluate MODEL FOLDER "
            f"--report {folder}`"
        ) from error


def read_ranks(file: Path) -> Report:
    """Read a report from a file with the JSON of its `ranks_dict`."""
    values = json.loads(file.read_text(encoding="utf-8"))
    rankings = [Ranking.from_dict(ranking) for ranking in values["rankings"]]
    return Report(values["method"], values["data"], rankings, values.get("dataset"), values.get("left_out", 0))
