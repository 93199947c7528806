"""Format reports as tables, for a terminal and in Markdown: numbers with their 95 % intervals."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from hearsight.research.evaluation.bootstrap import Estimate
from hearsight.research.evaluation.protocols import PROTOCOLS, PUBLISHED
from hearsight.research.evaluation.ranking import ALL

if TYPE_CHECKING:
    from hearsight.research.evaluation.report import Report, Rows

HEADINGS = {
    "r1": "R@1",
    "r5": "R@5",
    "r10": "R@10",
    "median_rank": "median",
    "mean_rank": "mean",
    "sumr": "SumR",
}
WIDTHS = (10, 10, 10, 7, 8, 14)  # of these columns on a terminal; with a row's name and queries, 79
PLAIN = ("median_rank", "mean_rank")  # without an interval on a terminal


def as_text(report: Report) -> str:
    """Return a table with two lines for each row: the values, and the intervals of recall and SumR below."""
    lines = [f"{'':<13}{'queries':>7}{_columns(HEADINGS.values())}"]
    for name, row in report.rows.items():
        values = _columns(_number(row[metric].value, metric) for metric in HEADINGS)
        spans = _columns("" if metric in PLAIN else _span(row[metric], metric, "-") for metric in HEADINGS)
        lines += [f"{name:<13}{report.queries[name]:>7,}{values}", f"{'':<20}{spans}"]
    notes = f"recall in percent, ranks among {report.clips:,} clips; below, 95 % intervals"
    shown = ("published protocol", "normalisation", "ties")
    protocol = [f"{name}: {report.protocol[name]}" for name in shown if name in report.protocol]
    return "\n".join([*lines, notes, *protocol])


def published_as_text(report: Report) -> str:
    """Return the report's SumR below those of the papers, a line for each method."""
    rows = [f"{name:<60}{value:>10}{interval}" for name, value, interval in _published(report)]
    return "\n".join([f"compared with published results on {report.dataset} ({PUBLISHED}):", *rows])


def published_as_markdown(report: Report, level: int = 2) -> str:
    """Return the same table in Markdown."""
    rows = [[escaped(name), f"{value}{interval}"] for name, value, interval in _published(report)]
    head = f"{'#' * level} Compared with published results on {report.dataset}"
    return "\n".join([head, "", f"{PUBLISHED}.", "", markdown(["", "SumR"], rows), ""])


def _published(report: Report) -> list[tuple[str, str, str]]:
    """Return (name, SumR, interval): the papers' rows, which have no intervals, then the report's own."""
    sumr = report.rows[ALL]["sumr"]
    protocol = PROTOCOLS[report.dataset or ""]
    rows = [(f"{method}, published", f"{value:.1f}", "") for method, value in protocol.published.items()]
    name = report.method
    if protocol.count not in (None, report.clips):
        name += f", among {report.clips:,} clips, not {protocol.count:,}"
    elif report.left_out:
        name += f", without {report.left_out:,} of its clips"
    return [*rows, (name, f"{sumr.value:.1f}", f" ({_span(sumr, 'sumr', ' to ')})")]


def differences_as_text(method: str, over: Rows) -> str:
    """Return by how much R@1 and SumR exceed another method's, a line for each row."""
    lines = [f"over {method}, on the same queries:"]
    for name, row in over.items():
        recall, sumr = (f"{HEADINGS[metric]} {signed(row[metric])}" for metric in ("r1", "sumr"))
        lines.append(f"{name:<20}{recall:<28}{sumr}")
    return "\n".join(lines)


def as_markdown(report: Report, level: int = 1) -> str:
    """Return a heading of the given level, the table, and the protocol."""
    rows = [
        [
            escaped(name),
            f"{report.queries[name]:,}",
            *(f"{_number(row[m].value, m)} ({_span(row[m], m, ' to ')})" for m in HEADINGS),
        ]
        for name, row in report.rows.items()
    ]
    protocol = [f"- {name}: {escaped(str(value))}" for name, value in report.protocol.items()]
    table = markdown(["", "queries", *HEADINGS.values()], rows)
    head = f"{'#' * level} {escaped(f'{report.method} on {report.data}')}"
    parts = [head, "", table, "", *protocol, ""]
    return "\n".join([*parts, published_as_markdown(report, level + 1)] if report.dataset else parts)


def differences_as_markdown(method: str, over: Rows) -> str:
    """Return a heading and a table of the differences of each metric; for ranks, less is better."""
    rows = [
        [escaped(name), *(signed(row[metric]) for metric in HEADINGS), signed(row["sumr_relative"])]
        for name, row in over.items()
    ]
    return "\n".join([f"## Over {escaped(method)}", "", markdown(["", *HEADINGS.values(), "SumR, %"], rows), ""])


def _columns(cells: Iterable[str]) -> str:
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True))


def markdown(head: list[str], rows: list[list[str]]) -> str:
    """Return a table whose first column holds names and the others numbers."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def escaped(text: str) -> str:
    """Return a text as one line of Markdown that shows it literally: names come from files of any origin."""
    return re.sub(r"([\\`*_\[\]<>|~&$#])", r"\\\1", " ".join(text.split()))


def _number(value: float, metric: str) -> str:
    """Format a number: whole ranks and 100 without decimals, to keep columns narrow."""
    return f"{value:g}" if metric == "median_rank" and 2 * value % 1 == 0 else f"{value:.1f}".replace("100.0", "100")


def _span(estimate: Estimate, metric: str, to: str) -> str:
    return f"{_number(estimate.low, metric)}{to}{_number(estimate.high, metric)}"


def signed(estimate: Estimate) -> str:
    """Format a difference: +4.1 (+1.0 to +7.2)."""
    return f"{estimate.value:+.1f} ({estimate.low:+.1f} to {estimate.high:+.1f})"
