"""Compares the search modes of a library on the same queries: by meaning, by spoken words, and by both."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import hearsight
from hearsight.library import Library
from hearsight.research.datasets.split import Split
from hearsight.research.evaluation.clip_folder import link_with_subtitles
from hearsight.research.evaluation.ranking import ALL
from runs import CHORUS, Plan, keep

MODES = ("dense", "speech", "hybrid")
DEPTH = 10


def measure_search(plan: Plan) -> None:
    """Record recall@1, 5 and 10 by group of query, for each search mode, in a library of the test clips."""
    keep(plan.record("search"), plan.models(CHORUS)[:1], lambda: search(plan))


def search(plan: Plan) -> dict[str, Any]:
    model_folder, folder = plan.models(CHORUS)[0], plan.build / "library"
    model = hearsight.load(model_folder)
    link_with_subtitles(Split(plan.data / "test"), folder, CHORUS.recogniser)
    library = Library.create(folder, model, name=str(model_folder), rebuild=True)
    library.update(recogniser="none")
    rows = [json.loads(line) for line in (plan.data / "test" / "manifest.jsonl").read_text().splitlines()]
    ranks: dict[str, dict[str, list[int]]] = {mode: defaultdict(list) for mode in MODES}
    for row in rows:
        (query,) = row["captions"]
        for mode in MODES:
            hits = library.search(query["text"], mode=mode, limit=DEPTH).hits
            rank = next((hit.rank for hit in hits if hit.path.name == row["path"]), DEPTH + 1)
            for group in (query["group"], ALL):
                ranks[mode][group].append(rank)
    return {mode: recalls(groups) for mode, groups in ranks.items()}


def recalls(ranks: dict[str, list[int]]) -> dict[str, Any]:
    return {
        group: {f"r{k}": round(100 * sum(rank <= k for rank in group_ranks) / len(group_ranks), 1) for k in (1, 5, 10)}
        for group, group_ranks in ranks.items()
    }
