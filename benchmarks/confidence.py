"""Measures what the confidence of results is worth.

    python benchmarks/confidence.py
    python benchmarks/confidence.py --library build/test --queries build/soundstage/data/test/manifest.jsonl
    python benchmarks/confidence.py --figure docs/confidence.svg

Of the clips and queries of the demo, or of a library that was indexed with --cut file and the queries of Soundstage's
manifest. Every query is asked three times: as it is, with its clip taken out of the answers, and there are a hundred
queries from outside the world of both (outside_queries.txt: sights, sounds, speech, nonsense).

AUROC is the chance that the best result of a query has a higher score than that of a query that has no answer, with an
interval of 95 % over queries (bootstrap). How experts rank alone and together: experiments/ensemble.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import hearsight
from harness import machine, print_results
from hearsight.experts.calibration import LIKELY
from hearsight.research.evaluation.confidence import BestScores, Confidence, Query, Search, percent

if TYPE_CHECKING:
    from hearsight.library import Library

OUTSIDE = Path(__file__).with_name("outside_queries.txt")
Array = NDArray[Any]


def read_queries(file: Path) -> list[Query]:
    """Return the queries of the demo (queries.jsonl), or of a split of Soundstage (manifest.jsonl)."""
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    if "clip" in rows[0]:
        return [Query(row["text"], row["kind"], f"{row['clip']}.mp4") for row in rows]
    return [
        Query(caption["text"], caption.get("group") or caption["kind"], row["path"])
        for row in rows
        for caption in row["captions"]
    ]


def outside_queries() -> list[Query]:
    lines = OUTSIDE.read_text("utf-8").splitlines()
    return [Query(text, group) for group, text in (line.split("\t") for line in lines)]


def two_best(library: Library) -> Search:
    return lambda text: [(hit.path.name, hit.score) for hit in library.search(text, limit=2).hits]


def draw(file: Path, best: BestScores, outside: Array) -> None:
    """Draw how many queries have a best result of which score."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 3))
    kinds = {
        "queries that have an answer": best.every_clip,
        "their clip taken out": best.taken_out,
        "from another world": outside,
    }
    for (label, values), colour in zip(kinds.items(), ("#1b7837", "#d95f02", "#7570b3"), strict=True):
        share = np.full(len(values), 100 / len(values))
        axes.hist(values, bins=np.arange(-2, 8, 0.5), weights=share, histtype="step", color=colour, label=label, lw=1.5)
    axes.axvline(LIKELY, color="grey", ls=":")
    axes.set(xlabel="best score, in deviations above neutral queries (dotted: a likely match)", ylabel="% of queries")
    axes.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})


def demo_library(folder: Path) -> Library:
    from hearsight.cli.demo import index_demo

    index_demo(folder)
    return hearsight.open(folder, in_memory=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path, help="an indexed folder, instead of the demo's clips")
    parser.add_argument("--queries", type=Path, help="of that folder: manifest.jsonl")
    parser.add_argument("--figure", type=Path, help="an SVG file to draw")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if options.library:
            library, queries = hearsight.open(options.library, in_memory=True), read_queries(options.queries)
        else:
            from hearsight.cli.demo import CLIPS

            library, queries = demo_library(Path(folder)), read_queries(CLIPS / "queries.jsonl")
        answers = [(query, library.search(query.text, limit=1)) for query in outside_queries()]
        outside = np.array([result.hits[0].score for _, result in answers])
        best = BestScores.of(two_best(library), queries)
        confidence = best.confidence(outside, LIKELY)
    refused = {
        group: percent(np.array([not result.matched for query, result in answers if query.group == group]))
        for group in dict.fromkeys(query.group for query, _ in answers)
    }
    if options.figure:
        draw(options.figure, best, outside)
    tables = [
        ("confidence; shares in percent", as_rows(confidence)),
        ("queries from outside that are answered with nothing, in percent", [{k: str(v) for k, v in refused.items()}]),
    ]
    results = {"confidence": [asdict(row) for row in confidence], "refused": refused}
    print_results(machine(), tables, results, options.json)


def as_rows(results: Sequence[Confidence]) -> list[dict[str, str]]:
    return [{name: str(value) for name, value in vars(result).items()} for result in results]


if __name__ == "__main__":
    main()
