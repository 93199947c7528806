"""docs/soundstage.md and its figures, from the records that the other files keep."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from hearsight.evaluation.bootstrap import Estimate
from hearsight.evaluation.figures import draw_methods
from hearsight.evaluation.ranking import ALL, Ranking
from hearsight.evaluation.report import Report
from runs import RECORDS, Plan, Row

PAGE = Path("docs/soundstage.md")
GROUPS = ("sight", "sound", "speech", "sound+speech", ALL)


def read(row: Row) -> Report:
    kept = json.loads(row.record.read_text())
    return Report(kept["method"], kept["data"], [Ranking.from_dict(values) for values in kept["rankings"]])


def write_page(plan: Plan) -> None:
    """Tables of methods and ablations, what search modes find, gates and times; figures beside them."""
    methods = [read(row) for row in plan.methods]
    ablations = [read(row) for row in plan.ablations]
    save = methods[-1]
    draw_methods(methods, RECORDS / "methods.svg", GROUPS)
    draw_methods([save, *ablations], RECORDS / "ablations.svg", GROUPS)
    parts = [
        HEAD.format(seeds=plan.seeds),
        "## Methods\n",
        by_group(methods),
        "![SumR of the methods by group](soundstage/methods.svg)\n",
        differences(methods[-1], methods[:-1]),
        "## What each part adds\n",
        by_group([save, *ablations]),
        differences(save, ablations),
        "![SumR without a part, by group](soundstage/ablations.svg)\n",
        search_modes(),
        gates(),
        timing(),
    ]
    PAGE.write_text("\n".join(parts))


HEAD = """# The papers' claims, put to the test on Soundstage

Made by `make soundstage-report`. {seeds} seeds a row; the epoch is chosen on validation,
the test is asked once. SumR is R@1 + R@5 + R@10, text to video; in brackets 95 % intervals over queries and seeds. What
Soundstage is, and what it cannot show: [datasheet](soundstage-datasheet.md).
"""


def by_group(reports: Sequence[Report]) -> str:
    """SumR of each report by group of query."""
    rows = [[report.method, *(shown(report.rows[group]["sumr"]) for group in GROUPS)] for report in reports]
    return table(["SumR", *GROUPS], rows)


def differences(report: Report, others: Sequence[Report]) -> str:
    """How much more SumR a method has than others, on the same queries."""
    rows = []
    for other in others:
        over = report.over(other)
        rows.append([f"over {other.method}", *(signed(over[group]["sumr"]) for group in GROUPS)])
    return table([report.method, *GROUPS], rows)


def search_modes() -> str:
    found = json.loads((RECORDS / "search.json").read_text())
    rows = [
        [
            mode,
            *(
                " / ".join(f"{groups[group][k]:g}" for k in ("r1", "r5", "r10"))
                for group in (*GROUPS[:-1], "all queries")
            ),
        ]
        for mode, groups in found.items()
    ]
    return "## Ways to search\n\nR@1 / R@5 / R@10 of SAVE (seed 0) in a library.\n\n" + table(
        ["", *GROUPS[:-1], "all queries"], rows
    )


def gates() -> str:
    found = json.loads((RECORDS / "gates.json").read_text())
    kinds = found.pop("kinds")
    rows = [
        [
            f"{name}, seed {seed}",
            *(" / ".join(f"{q:.2f}" for q in one["quartiles"][kind]) for kind in kinds),
            f"{one['auc']:.2f}",
        ]
        for name, seeds in found.items()
        for seed, one in enumerate(seeds)
    ]
    head = ["", *(f"{kind} ({count})" for kind, count in kinds.items()), "AUC"]
    return (
        "## What the gates do\n\nSize of the audio gates on clips without speech, quartiles, by what is on the sound "
        "track (clips). AUC: how often the gate is wider for an event alone than for a distraction alone; 0.5 is "
        "chance.\n\n" + table(head, rows)
    )


def timing() -> str:
    told = json.loads((RECORDS / "timing.json").read_text())
    return (
        f"## What a query costs\n\nOne query against {told['clips']:,} clips, text encoding included, median: "
        f"{told['independent']:g} ms with vectors that are ready for any query, {told['text-conditioned']:g} ms where "
        "the audio fusion has to be run for each query, with the query among what it reads.\n"
    )


def table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def shown(found: Estimate) -> str:
    return f"{found.value:.1f} ({found.low:.1f} to {found.high:.1f})"


def signed(found: Estimate) -> str:
    return f"{found.value:+.1f} ({found.low:+.1f} to {found.high:+.1f})"
