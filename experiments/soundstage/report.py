"""docs/soundstage.md and its figures, from the records that the other files keep."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean

import numpy as np

from claims import GUESSING, judged
from hearsight.research.evaluation.bootstrap import Estimate
from hearsight.research.evaluation.figures import draw_methods
from hearsight.research.evaluation.ranking import ALL
from hearsight.research.evaluation.report import Report, read_ranks
from hearsight.research.evaluation.tables import markdown, signed
from runs import CHORUS, SAVE, Plan

GROUPS = ("sight", "sound", "speech", "sound+speech", ALL)
TIED = "CLIP4Clip"  # sees nothing that tells twins apart


def write_page(plan: Plan) -> None:
    """What holds; tables of methods and of what they are without a part; search, gates and costs; figures and records
    in a folder beside it."""
    beside = plan.page.parent / "soundstage"
    beside.mkdir(parents=True, exist_ok=True)
    for record in plan.records.glob("*.json"):
        shutil.copy(record, beside)
    reports = {row.name: read_ranks(plan.record(row.slug)) for row in plan.rows}
    if TIED in reports:
        reports[GUESSING] = guessing(reports[TIED])
    methods = [reports[row.name] for row in plan.methods]
    save = [reports[row.name] for row in (SAVE, *plan.save_without)]
    chorus = [reports[row.name] for row in (CHORUS, *plan.chorus_without)]
    draw_methods(methods, beside / "methods.svg", GROUPS)
    draw_methods(save, beside / "save.svg", GROUPS)
    draw_methods(chorus, beside / "chorus.svg", GROUPS)
    shown_too = [reports[GUESSING]] if TIED in reports else []
    parts = [
        HEAD.format(seeds=plan.seeds),
        "## What holds",
        markdown(["claim", "difference in SumR", "on Soundstage"], judged(reports)),
        "## Methods",
        by_group([*shown_too, *methods]),
        "![SumR of the methods by group of query](soundstage/methods.svg)",
        recalls([*shown_too, *methods]),
        CHORUS_IS,
        differences(chorus[0], [*shown_too, *(report for report in methods if report is not chorus[0])]),
        "## What each part of SAVE adds",
        by_group(save),
        differences(save[0], save[1:]),
        "![SumR of SAVE without a part, by group of query](soundstage/save.svg)",
        "## What each part of Chorus adds",
        by_group(chorus),
        differences(chorus[0], chorus[1:]),
        "![SumR of Chorus without a part, by group of query](soundstage/chorus.svg)",
        search_modes(beside),
        gates(beside),
        weights(beside),
        costs(beside),
    ]
    plan.page.write_text("\n\n".join(part.strip() for part in parts) + "\n")


HEAD = """# The papers' claims, put to the test on Soundstage

Made by `make soundstage-report`: every number below, with the records in [soundstage](soundstage). Seeds a row:
{seeds}; the epoch is chosen on validation, the test is asked once. SumR is R@1 + R@5 + R@10, text to video; in brackets
95 % intervals over queries and seeds. What Soundstage is, and what it cannot show:
[datasheet](soundstage-datasheet.md). What the results mean, and what else was tried:
[research](research.md#what-soundstage-says).

Read with care: the models are tiny and trained briefly on few clips, by one recipe (`soundstage.yaml`) that was made
with SAVE in mind and is not the published one; soft-ALBEF's teacher is the frozen towers, with a weight of 0.1. Chorus
was designed, and its price of voices chosen, on validation. Intervals are not corrected for how many there are, and
all rows stand on one pair of towers: on another, differences moved by ten points and more
([made twice](research.md#what-soundstage-says)). Pictures and sounds go together differently in training and test (see
the datasheet), which punishes every method that lets sound speak for pictures; the rows with mixed clips tell how much
of a difference that is.
"""

CHORUS_IS = """## Chorus over the others

Chorus is Hearsight's own method (`models/chorus.py`): what is seen, heard and said are not added up but stand side by
side, and the query says how much it asks of each.
"""


def guessing(report: Report) -> Report:
    rng = np.random.default_rng(0)
    return Report(GUESSING, report.data, [ranking.at_chance(rng) for ranking in report.rankings])


def by_group(reports: Sequence[Report]) -> str:
    """SumR of each report by group of query."""
    rows = [[report.method, *(shown(report.rows[group]["sumr"]) for group in GROUPS)] for report in reports]
    return markdown(["SumR", *GROUPS], rows)


def recalls(reports: Sequence[Report]) -> str:
    """Recall and ranks of each report over all queries, and what it ties."""
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
    """How much more SumR a method has than others, on the same queries."""
    rows = []
    for other in others:
        over = report.over(other)
        relative = signed(over[ALL]["sumr_relative"])
        rows.append([f"over {other.method}", *(signed(over[group]["sumr"]) for group in GROUPS), relative])
    return markdown([report.method, *GROUPS, "in %"], rows)


def search_modes(beside: Path) -> str:
    found = json.loads((beside / "search.json").read_text())
    rows = [
        [mode, *(" / ".join(f"{groups[group][k]:g}" for k in ("r1", "r5", "r10")) for group in GROUPS)]
        for mode, groups in found.items()
    ]
    return "## Ways to search\n\nR@1 / R@5 / R@10 of Chorus (seed 0) in a library.\n\n" + markdown(["", *GROUPS], rows)


def gates(beside: Path) -> str:
    found = json.loads((beside / "gates.json").read_text())
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
        "chance.\n\n" + markdown(head, rows)
    )


def weights(beside: Path) -> str:
    found: Mapping[str, list[dict[str, float]]] = json.loads((beside / "weights.json").read_text())
    voices = list(next(iter(found.values()))[0])
    rows = [
        [group, *(" / ".join(f"{seed[voice]:.2f}" for seed in found[group]) for voice in voices)]
        for group in GROUPS[:-1]
    ]
    return (
        "## What the queries of Chorus listen to\n\nMean weight of each voice by group of query, a number a seed. "
        "The weights of a query add up to 1.\n\n" + markdown(["queries about", *voices], rows)
    )


def costs(beside: Path) -> str:
    told = json.loads((beside / "timing.json").read_text())
    rows = [
        [name, f"{cost['fusion']:.2f}", f"{cost['numbers']:,}", f"{cost['query']:.2f}"]
        for name, cost in told["methods"].items()
    ]
    slower = told["text-conditioned"] / mean(cost["query"] for cost in told["methods"].values())
    return (
        "## What a clip and a query cost\n\nMilliseconds, medians: a clip beyond its towers, and a query against "
        f"{told['clips']:,} clips, text encoding included; and the numbers a library keeps of a clip to score it. "
        f"Where the audio fusion has to be run for each query, with the query among what it reads, a query takes "
        f"{told['text-conditioned']:.0f} ms: {slower:.0f} times as long.\n\n"
        + markdown(["", "a clip, ms", "numbers kept", "a query, ms"], rows)
    )


def shown(found: Estimate) -> str:
    return f"{found.value:.1f} ({found.low:.1f} to {found.high:.1f})"
