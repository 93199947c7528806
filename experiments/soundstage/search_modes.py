"""The library's ways of searching, asked the same queries: by meaning, by words that are said, and by both."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import hearsight
from hearsight.library import Library
from hearsight.research.datasets.split import Split
from hearsight.research.evaluation.ranking import ALL
from hearsight.research.soundstage.export import link_or_copy
from runs import CHORUS, Plan, keep

MODES = ("dense", "speech", "hybrid")
DEEP = 10


def measure_search(plan: Plan) -> None:
    """Recall@1, 5 and 10 by group of query, for each way to search a library of the test's clips."""
    keep(plan.record("search"), plan.models(CHORUS)[:1], lambda: search(plan))


def search(plan: Plan) -> dict[str, Any]:
    place, folder = plan.models(CHORUS)[0], plan.build / "library"
    model = hearsight.load(place)
    with_subtitles(plan.data / "test", folder)
    library = Library.create(folder, model, name=str(place), rebuild=True)
    library.update(recogniser="none")
    rows = [json.loads(line) for line in (plan.data / "test" / "manifest.jsonl").read_text().splitlines()]
    ranks: dict[str, dict[str, list[int]]] = {mode: defaultdict(list) for mode in MODES}
    for asked in rows:
        (query,) = asked["captions"]
        for mode in MODES:
            hits = library.search(query["text"], mode=mode, limit=DEEP).hits
            rank = next((hit.rank for hit in hits if hit.path.name == asked["path"]), DEEP + 1)
            for group in (query["group"], ALL):
                ranks[mode][group].append(rank)
    return {mode: recalls(found) for mode, found in ranks.items()}


def with_subtitles(split: Path, folder: Path) -> None:
    """The clips of a split, and what was recognised in them as subtitles: it need not be recognised once more."""
    folder.mkdir(parents=True, exist_ok=True)
    for id, transcript in Split(split).transcripts().items():
        clip = folder / f"{id}.mp4"
        link_or_copy(split / clip.name, clip)
        lines = [f"{stamp(line.start)} --> {stamp(line.end)}\n{line.text}\n" for line in transcript.lines]
        subtitles = clip.with_suffix(".srt")
        subtitles.unlink(missing_ok=True)
        if lines:
            subtitles.write_text("\n".join(f"{n}\n{line}" for n, line in enumerate(lines, 1)))


def stamp(seconds: float) -> str:
    """As subtitles have it; a clip is shorter than a minute."""
    return f"00:00:{seconds:06.3f}".replace(".", ",")


def recalls(ranks: dict[str, list[int]]) -> dict[str, Any]:
    return {
        group: {f"r{k}": round(100 * sum(rank <= k for rank in found) / len(found), 1) for k in (1, 5, 10)}
        for group, found in ranks.items()
    }
