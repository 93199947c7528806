"""The library's ways of searching, asked the same queries: by meaning, by words that are said, and by both."""

from __future__ import annotations

import json
from collections import defaultdict
from typing import Any

import hearsight
from hearsight.library import Library
from hearsight.speech import load_recogniser
from runs import BUILD, DATA, RECORDS, Row

RECORD = RECORDS / "search.json"
MODES = ("dense", "speech", "hybrid")
DEEP = 10


def measure_search(row: Row) -> None:
    """Recall@1, 5 and 10 by group of query, for each way to search a library of the test's clips."""
    if RECORD.exists():
        return
    model = hearsight.load(row.run(0) / "model")
    library = Library.create(DATA / "test", model, BUILD / "library", name=str(row.run(0) / "model"))
    library.update(model, load_recogniser("pocketsphinx"))
    rows = [json.loads(line) for line in (DATA / "test" / "manifest.jsonl").read_text().splitlines()]
    places: dict[str, dict[str, list[int]]] = {mode: defaultdict(list) for mode in MODES}
    for asked in rows:
        (query,) = asked["captions"]
        for mode in MODES:
            hits = library.search(query["text"], model, mode=mode, limit=DEEP).hits
            place = next((hit.rank for hit in hits if hit.path.name == asked["path"]), DEEP + 1)
            for group in (query["group"], "all queries"):
                places[mode][group].append(place)
    RECORD.write_text(json.dumps({mode: recalls(found) for mode, found in places.items()}, indent=1) + "\n")


def recalls(places: dict[str, list[int]]) -> dict[str, Any]:
    return {
        group: {f"r{k}": round(100 * sum(place <= k for place in found) / len(found), 1) for k in (1, 5, 10)}
        for group, found in places.items()
    }
