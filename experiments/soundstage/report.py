"""Writes docs/soundstage.md and its figures from the records of the other files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean

import numpy as np

from claims import GUESSING, judge
from hearsight.research.evaluation.bootstrap import Estimate
from hearsight.research.evaluation.plots import draw_methods
from hearsight.research.evaluation.ranking import ALL
from hearsight.research.evaluation.report import Report, read_ranks
from hearsight.research.evaluation.tables import markdown, signed
from runs import CHORUS, SAVE, Plan

GROUPS = ("sight", "sound", "speech", "sound+speech", ALL)
TIED = "CLIP4Clip"  # only sees, so it cannot tell twins apart


def write_page(plan: Plan) -> None:
    """Write the page, with its figures and records in the folder `soundstage` next to it."""
    folder = plan.page.parent / "soundstage"
    folder.mkdir(parents=True, exist_ok=True)
    for record in plan.records.glob("*.json"):
        shutil.copy(record, folder)
    reports = {row.name: read_ranks(plan.record(row.slug)) for row in plan.rows}
    if TIED in reports:
        reports[GUESSING] = at_chance(reports[TIED])
    methods = [reports[row.name] for row in plan.methods]
    save = [reports[row.name] for row in (SAVE, *plan.save_without)]
    chorus = [reports[row.name] for row in (CHORUS, *plan.chorus_without)]
    draw_methods(methods, folder / "methods.svg", GROUPS)
    draw_methods(save, folder / "save.svg", GROUPS)
    draw_methods(chorus, folder / "chorus.svg", GROUPS)
    guessing_row = [reports[GUESSING]] if TIED in reports else []
    parts = [
        HEAD.format(seeds=plan.seeds),
        "## Which claims hold",
        markdown(["claim", "difference in SumR", "on Soundstage"], judge(reports)),
        "## Methods",
        by_group([*guessing_row, *methods]),
        "![SumR of the methods by group of query](soundstage/methods.svg)",
        recalls([*guessing_row, *methods]),
        CHORUS_SECTION,
        differences(chorus[0], [*guessing_row, *(report for report in methods if report is not chorus[0])]),
        "## What each part of SAVE adds",
        by_group(save),
        differences(save[0], save[1:]),
        "![SumR of SAVE without a part, by group of query](soundstage/save.svg)",
        "## What each part of Chorus adds",
        by_group(chorus),
        differences(chorus[0], chorus[1:]),
        "![SumR of Chorus without a part, by group of query](soundstage/chorus.svg)",
        search_modes(folder),
        gates(folder),
        weights(folder),
        method_costs(folder),
    ]
    plan.page.write_text("\n\n".join(part.strip() for part in parts) + "\n")


HEAD = """# The papers' claims, tested on Soundstage

`make soundstage-report` computes every number below; the records are in [soundstage](soundstage). Seeds per row:
{seeds}. The epoch is chosen on validation, and the test is used once. SumR is R@1 + R@5 + R@10, text to video. In
brackets are 95 % intervals over queries and seeds. The [datasheet](soundstage-datasheet.md) says what Soundstage is and
what it cannot show. [Research](research.md#what-soundstage-says) discusses the results, and what else was tried.

Read these numbers with care:

- The models are tiny and trained briefly on few clips. All use one recipe (`soundstage.yaml`), which was made with SAVE
  in mind and is not the published one. Soft-ALBEF's teacher is the frozen towers, with a weight of 0.1. Chorus was
  designed on validation, and so was the weight of its few voices loss.
- The intervals are not corrected for their number. All rows use one pair of towers; with another pair, differences
  changed by ten points and more ([the report was made twice](research.md#what-soundstage-says)).
- Pictures and sounds go together differently in training and test (see the datasheet). This punishes every method that
  lets sound speak for pictures. The rows with mixed clips show how much of a difference is due to that.
"""

CHORUS_SECTION = """## Chorus against the others

Chorus is Hearsight's own method (`models/methods/chorus.py`). It does not add up what is seen, heard and said, but
keeps a vector of each, and the query sets their weights.
"""


def at_chance(report: Report) -> Report:
    rng = np.random.default_rng(0)
    return Report(GUESSING, report.data, [ranking.at_chance(rng) for ranking in report.rankings])


def by_group(reports: Sequence[Report]) -> str:
    """Return a table of each report's SumR by group of query."""
    rows = [[report.method, *(format_estimate(report.rows[group]["sumr"]) for group in GROUPS)] for report in reports]
    return markdown(["SumR", *GROUPS], rows)


def recalls(reports: Sequence[Report]) -> str:
    """Return a table of each report's recall and ranks over all queries, and its share of ties."""
    names = {"r1": "R@1", "r5": "R@5", "r10": "R@10", "median_rank": "median rank", "mean_rank": "mean rank"}
    rows = [
        [
            report.method,
            *(f"{report.rows[ALL][metric].value:.1f}" for metric in names),
            f"{report.tied[ALL]:.0f} %",
        ]
        for report in reports
    ]
    return markdown([ALL, *names.values(), "ties"], rows)


def differences(report: Report, others: Sequence[Report]) -> str:
    """Return a table of the differences in SumR between a method and others, on the same queries."""
    rows = []
    for other in others:
        over = report.over(other)
        relative = signed(over[ALL]["sumr_relative"])
        rows.append([f"over {other.method}", *(signed(over[group]["sumr"]) for group in GROUPS), relative])
    return markdown([report.method, *GROUPS, "in %"], rows)


def search_modes(folder: Path) -> str:
    recalls = json.loads((folder / "search.json").read_text())
    rows = [
        [mode, *(" / ".join(f"{groups[group][k]:g}" for k in ("r1", "r5", "r10")) for group in GROUPS)]
        for mode, groups in recalls.items()
    ]
    return (
        "## Search modes\n\nR@1 / R@5 / R@10 of Chorus (seed 0) in a library, for each mode of `hearsight search`.\n\n"
        + markdown(["", *GROUPS], rows)
    )


def gates(folder: Path) -> str:
    methods = json.loads((folder / "gates.json").read_text())
    kinds = methods.pop("kinds")
    rows = [
        [
            f"{name}, seed {seed}",
            *(" / ".join(f"{q:.2f}" for q in record["quartiles"][kind]) for kind in kinds),
            f"{record['auc']:.2f}",
        ]
        for name, seeds in methods.items()
        for seed, record in enumerate(seeds)
    ]
    head = ["", *(f"{kind} ({count})" for kind, count in kinds.items()), "AUC"]
    return (
        "## What the gates do\n\nQuartiles of the size of the audio gates on clips without speech, by what is on the "
        "sound track (number of clips). AUC is how often the gate is wider for an event alone than for a distraction "
        "alone; 0.5 is chance.\n\n" + markdown(head, rows)
    )


def weights(folder: Path) -> str:
    groups: Mapping[str, list[dict[str, float]]] = json.loads((folder / "weights.json").read_text())
    voices = list(next(iter(groups.values()))[0])
    rows = [
        [group, *(" / ".join(f"{seed[voice]:.2f}" for seed in groups[group]) for voice in voices)]
        for group in GROUPS[:-1]
    ]
    return (
        "## What the queries of Chorus listen to\n\nMean weight of each voice by group of query, one number per seed. "
        "The weights of a query add up to 1.\n\n" + markdown(["queries about", *voices], rows)
    )


def method_costs(folder: Path) -> str:
    costs = json.loads((folder / "timing.json").read_text())
    rows = [
        [name, f"{cost['fusion']:.2f}", f"{cost['numbers']:,}", f"{cost['query']:.2f}"]
        for name, cost in costs["methods"].items()
    ]
    slower = costs["text-conditioned"] / mean(cost["query"] for cost in costs["methods"].values())
    return (
        "## What a clip and a query cost\n\nMedian milliseconds for a clip, without its towers, and for a query "
        f"against {costs['clips']:,} clips, with text encoding; and the numbers that a library stores to score a clip. "
        f"If the audio fusion had to be run for each query, with the query among its inputs, a query would take "
        f"{costs['text-conditioned']:.0f} ms: {slower:.0f} times as long.\n\n"
        + markdown(["", "a clip, ms", "numbers stored", "a query, ms"], rows)
    )


def format_estimate(estimate: Estimate) -> str:
    return f"{estimate.value:.1f} ({estimate.low:.1f} to {estimate.high:.1f})"
