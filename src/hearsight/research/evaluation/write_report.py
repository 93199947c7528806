"""Write a report as a folder: report.json, report.md, figures, and the ranks, for later comparisons."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from hearsight.research.evaluation.plots import draw_groups, draw_methods
from hearsight.research.evaluation.report import Report, as_dict
from hearsight.research.evaluation.tables import as_markdown, differences_as_markdown


def write_report(report: Report, folder: Path, baselines: Sequence[Report] = ()) -> None:
    """Write report.json, report.md, groups.svg and ranks.json, which `read_report` reads.

    With baselines, also the differences from them, and methods.svg.
    """
    folder.mkdir(parents=True, exist_ok=True)
    over = {baseline.method: report.over(baseline) for baseline in baselines}
    _write_json(
        folder / "report.json", report.to_dict() | {"over": {name: as_dict(rows) for name, rows in over.items()}}
    )
    _write_json(folder / "ranks.json", report.ranks_dict(), indent=None)
    draw_groups(report, folder / "groups.svg")
    parts = [as_markdown(report), "![Recall by kind of caption](groups.svg)\n"]
    if baselines:
        draw_methods([*baselines, report], folder / "methods.svg")
        parts += [differences_as_markdown(name, rows) for name, rows in over.items()]
        parts.append("![SumR of the methods](methods.svg)\n")
    (folder / "report.md").write_text("\n".join(parts), encoding="utf-8")


def _write_json(path: Path, value: object, indent: int | None = 2) -> None:
    path.write_text(json.dumps(value, indent=indent) + "\n", encoding="utf-8")
