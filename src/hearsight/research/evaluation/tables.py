"""A report as a table, for a terminal and in Markdown: numbers with their 95 % intervals."""

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
WIDTHS = (10, 10, 10, 7, 8, 14)  # of these on a terminal; with a row's name and queries, 79
PLAIN = ("median_rank", "mean_rank")  # without an interval on a terminal


def as_text(report: Report) -> str:
    """Two lines a row: values, and below those of recall and SumR their intervals."""
    lines = [f"{'':<13}{'queries':>7}{_columns(HEADINGS.values())}"]
    for name, row in report.rows.items():
        values = _columns(_number(row[metric].value, metric) for metric in HEADINGS)
        spans = _columns("" if metric in PLAIN else _span(row[metric], metric, "-") for metric in HEADINGS)
        lines += [f"{name:<13}{report.queries[name]:>7,}{values}", f"{'':<20}{spans}"]
    notes = f"recall in percent, ranks among {report.clips:,} clips; below, 95 % intervals"
    named = ("published protocol", "normalisation", "ties")
    protocol = [f"{name}: {report.protocol[name]}" for name in named if name in report.protocol]
    return "\n".join([*lines, notes, *protocol])


def published_as_text(report: Report) -> str:
    """SumR beside that of the papers, a line a method."""
    rows = [f"{name:<60}{value:>10}{interval}" for name, value, interval in _published(report)]
    return "\n".join([f"beside what is published on {report.dataset} ({PUBLISHED}):", *rows])


def published_as_markdown(report: Report, level: int = 2) -> str:
    rows = [[escaped(name), f"{value}{interval}"] for name, value, interval in _published(report)]
    head = f"{'#' * level} Beside what is published on {report.dataset}"
    return "\n".join([head, "", f"{PUBLISHED}.", "", markdown(["", "SumR"], rows), ""])


def _published(report: Report) -> list[tuple[str, str, str]]:
    """Name, SumR and its interval: the papers' rows, which have none, then the report's own."""
    found = report.rows[ALL]["sumr"]
    protocol = PROTOCOLS[report.dataset or ""]
    rows = [(f"{method}, published", f"{value:.1f}", "") for method, value in protocol.published.items()]
    name = report.method
    if protocol.count not in (None, report.clips):
        name += f", among {report.clips:,} clips, not {protocol.count:,}"
    elif report.left_out:
        name += f", without {report.left_out:,} of its clips"
    return [*rows, (name, f"{found.value:.1f}", f" ({_span(found, 'sumr', ' to ')})")]


def differences_as_text(method: str, over: Rows) -> str:
    """R@1 and SumR over another method's, a line a row."""
    lines = [f"over {method}, on the same queries:"]
    for name, row in over.items():
        found = [f"{HEADINGS[metric]} {signed(row[metric])}" for metric in ("r1", "sumr")]
        lines.append(f"{name:<20}{found[0]:<28}{found[1]}")
    return "\n".join(lines)


def as_markdown(report: Report, level: int = 1) -> str:
    """A heading of a level, the table, and under what protocol it was made."""
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
    """A heading and a table of what each metric is greater by; for ranks, less is better."""
    rows = [
        [escaped(name), *(signed(row[metric]) for metric in HEADINGS), signed(row["sumr_relative"])]
        for name, row in over.items()
    ]
    return "\n".join([f"## Over {escaped(method)}", "", markdown(["", *HEADINGS.values(), "SumR, %"], rows), ""])


def _columns(cells: Iterable[str]) -> str:
    return "".join(f"{cell:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True))


def markdown(head: list[str], rows: list[list[str]]) -> str:
    """A table; its first column is of names, the others of numbers."""
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def escaped(text: str) -> str:
    """A text as one line of Markdown that shows it as it is: names come from strangers' files."""
    return re.sub(r"([\\`*_\[\]<>|~&$#])", r"\\\1", " ".join(text.split()))


def _number(value: float, metric: str) -> str:
    """Half ranks only where there are such; 100 without decimals, to keep columns narrow."""
    return f"{value:g}" if metric == "median_rank" and 2 * value % 1 == 0 else f"{value:.1f}".replace("100.0", "100")


def _span(found: Estimate, metric: str, to: str) -> str:
    return f"{_number(found.low, metric)}{to}{_number(found.high, metric)}"


def signed(found: Estimate) -> str:
    """A difference: +4.1 (1.0 to 7.2)."""
    return f"{found.value:+.1f} ({found.low:+.1f} to {found.high:+.1f})"
