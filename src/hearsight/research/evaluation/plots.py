"""Draw reports as bars with 95 % intervals, distinguished by shade and hatching, so that they can be printed.

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
HATCHES = ("", "///", "", "...", "\\\\\\", "xxx")  # one fewer than shades, so that repeated shades get other hatches
LEGEND_COLUMNS = 4
RECALL = {"r1": "R@1", "r5": "R@5", "r10": "R@10"}
STYLE = {
    "font.size": 9,
    "hatch.linewidth": 0.5,
    "svg.fonttype": "none",  # keeps text as text, for a quarter of the size
    "svg.hashsalt": "hearsight",
}


def draw_groups(report: Report, path: Path) -> None:
    """Draw recall@1, 5 and 10 for each row of a report. path: .svg or .png."""
    bars = {name: [row[metric] for row in report.rows.values()] for metric, name in RECALL.items()}
    _draw(bars, list(report.rows), "recall, %", f"{report.method} on {report.data}", path)


def draw_methods(reports: Sequence[Report], path: Path, rows: Sequence[str] | None = None) -> None:
    """Draw the SumR of several methods on the same captions. rows: all shared ones by default. path: .svg or .png."""
    rows = rows or [name for name in reports[0].rows if all(name in report.rows for report in reports)]
    bars = {report.method: [report.rows[name]["sumr"] for name in rows] for report in reports}
    _draw(bars, list(rows), "SumR", reports[0].data, path)


def _draw(bars: dict[str, list[Estimate]], groups: list[str], unit: str, title: str, path: Path) -> None:
    """Draw a group of bars for each name in `groups`, one bar for each series."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(min(9.5, 1.5 + 0.28 * len(bars) * len(groups)), 3.2), layout="constrained")
        axes = figure.add_subplot()
        width = 0.8 / len(bars)
        for number, (name, estimates) in enumerate(bars.items()):
            axes.bar(
                [group + (number - (len(bars) - 1) / 2) * width for group in range(len(groups))],
                [estimate.value for estimate in estimates],
                width,
                label=name,
                color=SHADES[number % len(SHADES)],
                hatch=HATCHES[number % len(HATCHES)],
                edgecolor="black",
                linewidth=0.6,
                yerr=_whiskers(estimates),
                error_kw={"elinewidth": 1.2, "capsize": 2, "ecolor": "black"},
            )
        axes.set_xticks(range(len(groups)), [name.replace(" ", "\n").replace("+", "+\n") for name in groups])
        axes.set_ylabel(unit)
        axes.set_title(title, loc="left", fontsize=9)
        axes.set_ylim(bottom=0)
        axes.grid(axis="y", color="#dddddd", linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        figure.legend(loc="outside upper right", ncols=min(len(bars), LEGEND_COLUMNS), frameon=False)
        figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)


def _whiskers(estimates: list[Estimate]) -> Any:
    """Return the lengths below and above each value, (2, n). A percentile interval may not contain its value."""
    below = [max(0.0, estimate.value - estimate.low) for estimate in estimates]
    return [below, [max(0.0, estimate.high - estimate.value) for estimate in estimates]]
