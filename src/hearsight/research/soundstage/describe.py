"""What a rendered split contains, counted and measured: the numbers of a datasheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hearsight.research.soundstage.rows import read_rows
from hearsight.research.soundstage.scenes import Scene
from hearsight.research.soundstage.soundtrack import event_and_distraction


def describe(folder: Path) -> dict[str, Any]:
    """Counts of a split's clips, and of its queries by group; levels are measured on the sounds, made once more."""
    rows = read_rows(folder)
    scenes = [Scene.from_json(row["scene"]) for row in rows]
    families = {row["twin"]["group"]: row["twin"]["differs"] for row in rows if row["twin"]}
    both = [louder for scene in scenes if (louder := distraction_over_event(scene)) is not None]
    queries = [told for row in rows for told in row["captions"] if "group" in told]
    return {
        "clips": len(rows),
        "hours": sum(scene.duration for scene in scenes) / 3600,
        "megabytes": sum((folder / row["path"]).stat().st_size for row in rows) / 1e6,
        "clips that look like no other": sum(row["twin"] is None for row in rows),
        **{f"families that differ in {differs}": number for differs, number in Counter(families.values()).items()},
        "clips with two icons": sum(len(scene.icons) == 2 for scene in scenes),
        "clips with a sound event": sum(scene.sound is not None for scene in scenes),
        "clips with speech": sum(scene.speech is not None for scene in scenes),
        "clips with a distraction": sum(scene.distraction is not None for scene in scenes),
        "clips with a distraction and an event": len(both),
        "of these, with the distraction louder": sum(louder > 0 for louder in both),
        "dB of the distraction over the event, 10th, 50th and 90th percentile": percentiles(both),
        "captions": sum(len(row["captions"]) for row in rows),
        **{f"queries about {group}": len(of) for group, of in by_group(queries).items()},
        **{f"facts in a query about {group}": mean_facts(of) for group, of in by_group(queries).items()},
        "queries that tell how something moves": sum(any("motion:" in fact for fact in q["facts"]) for q in queries),
    }


def describe_hearing(folder: Path, heard: Mapping[str, str]) -> dict[str, float]:
    """How well a recogniser understood. heard: its text for each clip by id."""
    rows = read_rows(folder)
    silent = [heard[row["id"]].split() for row in rows if row["spoken"] is None]
    report = {"word error rate": error_rate(rows, heard)}
    for name, wanted in (("with a distraction", True), ("without", False)):
        report[f"word error rate, {name}"] = error_rate(
            [row for row in rows if (row["distraction"] is not None) == wanted], heard
        )
    return {**report, "share of clips without speech in which words are heard": float(np.mean([*map(bool, silent)]))}


def error_rate(rows: list[dict[str, Any]], heard: Mapping[str, str]) -> float:
    """Words wrong, missing or too many, over all words said, in the clips with speech."""
    pairs = [(row["spoken"].split(), heard[row["id"]].lower().split()) for row in rows if row["spoken"]]
    return sum(words_wrong(*pair) for pair in pairs) / max(1, sum(len(said) for said, _ in pairs))


def words_wrong(said: list[str], heard: list[str]) -> int:
    """The least number of words to change, leave out and put in, that makes one of the other (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for number, word in enumerate(said, start=1):
        diagonal, row[0] = row[0], number
        for place, other in enumerate(heard, start=1):
            diagonal, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, diagonal + (word != other))
    return row[-1]


def distraction_over_event(scene: Scene) -> float | None:
    """In dB of energy, while the event lasts; None where the scene has not both."""
    if not (scene.sound and scene.distraction):
        return None
    event, distraction = event_and_distraction(scene)
    lasts = event != 0
    return float(10 * np.log10(np.sum(distraction[lasts] ** 2) / np.sum(event[lasts] ** 2)))


def percentiles(values: list[float]) -> list[float]:
    return [round(value, 1) for value in np.percentile(values, [10, 50, 90]).tolist()] if values else []


def by_group(queries: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    groups = dict.fromkeys(query["group"] for query in queries)
    return {group: [query for query in queries if query["group"] == group] for group in groups}


def mean_facts(queries: list[dict[str, Any]]) -> float:
    return float(np.mean([len(query["facts"]) for query in queries]))
