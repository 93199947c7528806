"""Writes docs/listening.md from what was measured."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from confidences import Measured
from inputs import APART, CHORUS, SAVE
from rankings import HEARD, MODEL, SAID, WEIGHTED, WORDS

from hearsight.research.evaluation.bootstrap import Estimate
from hearsight.research.evaluation.confidence import ALL as ALL_QUERIES
from hearsight.research.evaluation.ranking import ALL
from hearsight.research.evaluation.report import Report
from hearsight.research.evaluation.tables import markdown, signed

GROUPS = ("sight", "sound", "speech", "sound+speech", ALL)
EXPERTS = (MODEL, HEARD, SAID, WORDS)
Ranks = Mapping[str, Mapping[str, Report]]  # by library, then by way

HEAD = """# Hearing with experts that were trained apart

    python experiments/ensemble

makes every number on this page. [Everyday](search.md#models) puts public models together that never met: one compares
pictures with texts, one sounds with texts, and one words with words. No public weights can be measured without public
videos, so this experiment builds the same situation on [Soundstage](soundstage-datasheet.md): an image-text pair and an
audio-text pair of small towers, each trained without the other (`experiments/ensemble/*.yaml`), static vectors of words
over Moonshine's transcripts, and the words themselves. A library of the test's {clips:,} clips is searched with its
{queries:,} captions.

"""

READING = """
Read these numbers with care: the towers are tiny, one pair of each was trained, and the intervals (95 %, over queries)
do not know that. Soundstage goes to extremes: what is heard has nothing to do with what is seen, and a caption about
sound names a picture, too ("a bunny, and birds sing"), so that no expert alone can answer it; in real videos a dog that
barks is often seen. Its captions about speech say so ("someone says that"). The constants in `experts/ensemble.py` and
the words in `experts/cues.py` were chosen on the validation split; the test was used once.
"""


def sections(ranks: Ranks, confidence: Mapping[str, Measured]) -> list[str]:
    apart = ranks[APART]
    return [
        "## How experts rank, alone and together",
        "SumR (R@1 + R@5 + R@10, text to video) by what a caption is about:",
        markdown(["", *GROUPS], [sumr_row(name, report) for name, report in apart.items()]),
        "The same clips by models that were trained on pictures, sounds and speech together, with the same sizes:",
        markdown(
            ["", *GROUPS],
            [
                sumr_row(f"{name}{'' if way == MODEL else ', with words and meaning'}", ranks[name][way])
                for name in (CHORUS, SAVE)
                for way in (MODEL, WEIGHTED)
            ],
        ),
        "What a search does (calibrated and weighted) over other ways, and over the best single expert of each group:",
        markdown(["over", *GROUPS, "in %"], differences(apart)),
        "## What confidence is worth",
        "Columns as in [performance](performance.md#confidence): the chance that a query ranks above one without an\n"
        "answer (AUROC), and the queries that are answered with a match that is not weak.",
        *(part for name in ranks for part in confidence_section(name, confidence[name])),
    ]


def sumr_row(name: str, report: Report) -> list[str]:
    return [name, *(in_brackets(report.rows[group]["sumr"]) for group in GROUPS)]


def in_brackets(estimate: Estimate) -> str:
    return f"{estimate.value:.1f} ({estimate.low:.1f} to {estimate.high:.1f})"


def differences(ways: Mapping[str, Report]) -> list[list[str]]:
    """Return by how much a search's SumR exceeds that of other ways, by group, as rows of a table."""
    weighted, rows = ways[WEIGHTED], []
    for name, report in ways.items():
        if name not in (*EXPERTS, WEIGHTED):
            over = weighted.over(report)
            relative = signed(over[ALL]["sumr_relative"])
            rows.append([name, *(signed(over[group]["sumr"]) for group in GROUPS), relative])
    best = {group: max(EXPERTS, key=lambda name: ways[name].rows[group]["sumr"].value) for group in GROUPS}
    over_best = [f"{signed(weighted.over(ways[best[group]])[group]['sumr'])} ({best[group]})" for group in GROUPS]
    return [*rows, ["the best single expert", *over_best, ""]]


def confidence_section(name: str, measured: Measured) -> list[str]:
    head = ["", "queries", "right clip first", "AUROC, outside", "AUROC, taken out", "matched", "matched, taken out"]
    rows = [
        [
            row.group if row.group != ALL_QUERIES else f"**{row.group}**",
            f"{row.queries:,}",
            f"{row.first} %",
            str(row.auroc_outside),
            str(row.auroc_taken_out),
            f"{row.matched} %",
            f"{row.matched_taken_out} %",
        ]
        for row in measured.by_group
    ]
    refused = ", ".join(f"{share:g} % of those about {kind}" for kind, share in measured.refused.items())
    return [f"{name}:", markdown(head, rows), f"Of the queries from outside, answered with nothing: {refused}."]


def print_tables(ranks: Ranks, confidence: Mapping[str, Measured]) -> None:
    print("\n\n".join(sections(ranks, confidence)))


def write_page(page: Path, ranks: Ranks, confidence: Mapping[str, Measured]) -> None:
    """Write the page, and the ranks it is made from into the folder `listening` next to it."""
    first = ranks[APART][WEIGHTED]
    head = HEAD.format(clips=first.clips, queries=first.queries[ALL]).strip()
    folder = page.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    page.write_text("\n\n".join([head, READING.strip(), *sections(ranks, confidence)]) + "\n", "utf-8")
    for name, ways in ranks.items():
        record = {way: {group: ways[way].rows[group]["sumr"].value for group in GROUPS} for way in ways}
        (folder / f"{name.replace(' ', '-').lower()}.json").write_text(json.dumps(record, indent=1) + "\n", "utf-8")
