"""Reports as figures: bars with their 95 % intervals, told apart by shade and hatching, so that print will do.

Needs the extra `report` (matplotlib). The same report gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hearsight.errors import HearsightError
from hearsight.util.extras import install_command

try:
    import matplotlib
    from matplotlib.figure import Figure
except ImportError as error:
    raise HearsightError(f"cannot draw figures: no matplotlib; {install_command('report')}") from error

if TYPE_CHECKING:
    from hearsight.research.evaluation.bootstrap import Estimate
    from hearsight.research.evaluation.report import Report

SHADES = ("#1b3a5c", "#6f9bc8", "#d3e0ee", "#b5651d", "#f0c48f", "#7a7a7a", "#ffffff")
HATCHES = ("", "///", "", "...", "\\\\\\", "xxx")  # one fewer than shades, so that they meet anew
LEGEND = 4  # names side by side
RECALL = {"r1": "R@1", "r5": "R@5", "r10": "R@10"}
STYLE = {
    "font.size": 9,
    "hatch.linewidth": 0.5,
    "svg.fonttype": "none",  # text stays text: a quarter of the size
    "svg.hashsalt": "hearsight",
}


def draw_groups(report: Report, path: Path) -> None:
    """Recall@1, 5 and 10 by row of the report. path: .svg or .png."""
    bars = {name: [row[metric] for row in report.rows.values()] for metric, name in RECALL.items()}
    _draw(bars, list(report.rows), "recall, %", f"{report.method} on {report.data}", path)


def draw_methods(reports: Sequence[Report], path: Path, rows: Sequence[str] | None = None) -> None:
    """SumR of several methods on the same captions, by row (all that they share, or these). path: .svg or .png."""
    rows = rows or [name for name in reports[0].rows if all(name in report.rows for report in reports)]
    bars = {report.method: [report.rows[name]["sumr"] for name in rows] for report in reports}
    _draw(bars, list(rows), "SumR", reports[0].data, path)


def _draw(bars: dict[str, list[Estimate]], places: list[str], unit: str, title: str, path: Path) -> None:
    """Bars of each series side by side at each place."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(min(9.5, 1.5 + 0.28 * len(bars) * len(places)), 3.2), layout="constrained")
        axes = figure.add_subplot()
        width = 0.8 / len(bars)
        for number, (name, found) in enumerate(bars.items()):
            axes.bar(
                [place + (number - (len(bars) - 1) / 2) * width for place in range(len(places))],
                [each.value for each in found],
                width,
                label=name,
                color=SHADES[number % len(SHADES)],
                hatch=HATCHES[number % len(HATCHES)],
                edgecolor="black",
                linewidth=0.6,
                yerr=_whiskers(found),
                error_kw={"elinewidth": 1.2, "capsize": 2, "ecolor": "black"},
            )
        axes.set_xticks(range(len(places)), [place.replace(" ", "\n").replace("+", "+\n") for place in places])
        axes.set_ylabel(unit)
        axes.set_title(title, loc="left", fontsize=9)
        axes.set_ylim(bottom=0)
        axes.grid(axis="y", color="#dddddd", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        figure.legend(loc="outside upper right", ncols=min(len(bars), LEGEND), frameon=False)
        figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)


def _whiskers(found: list[Estimate]) -> Any:
    """(2, n): how far down and up from each value. A percentile interval need not hold its value."""
    down = [max(0.0, each.value - each.low) for each in found]
    return [down, [max(0.0, each.high - each.value) for each in found]]
