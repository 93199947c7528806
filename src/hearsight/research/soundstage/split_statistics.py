"""Counts and measurements of a rendered split: the numbers of its datasheet."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hearsight.research.soundstage.manifest import read_manifest_rows
from hearsight.research.soundstage.scenes import Scene
from hearsight.research.soundstage.soundtrack import event_and_distraction


def split_statistics(folder: Path) -> dict[str, Any]:
    """Count a split's clips, and its queries by group. Levels are measured on the sounds, which are made again."""
    rows = read_manifest_rows(folder)
    scenes = [Scene.from_dict(row["scene"]) for row in rows]
    families = {row["twin"]["group"]: row["twin"]["differs"] for row in rows if row["twin"]}
    levels = [level for scene in scenes if (level := distraction_over_event(scene)) is not None]
    queries = [query for row in rows for query in row["captions"] if "group" in query]
    groups = group_queries(queries)
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
        "clips with a distraction and an event": len(levels),
        "of these, with the distraction louder": sum(level > 0 for level in levels),
        "dB of the distraction over the event, 10th, 50th and 90th percentile": percentiles(levels),
        "captions": sum(len(row["captions"]) for row in rows),
        **{f"queries about {group}": len(members) for group, members in groups.items()},
        **{f"facts in a query about {group}": mean_facts(members) for group, members in groups.items()},
        "queries that tell how something moves": sum(
            any("motion:" in fact for fact in query["facts"]) for query in queries
        ),
    }


def hearing_statistics(folder: Path, transcripts: Mapping[str, str]) -> dict[str, float]:
    """Measure how well a recogniser understood a split. `transcripts` has its text for each clip by id."""
    rows = read_manifest_rows(folder)
    speechless = [transcripts[row["id"]].split() for row in rows if row["spoken"] is None]
    report = {"word error rate": word_error_rate(rows, transcripts)}
    for name, distracted in (("with a distraction", True), ("without", False)):
        report[f"word error rate, {name}"] = word_error_rate(
            [row for row in rows if (row["distraction"] is not None) == distracted], transcripts
        )
    share = float(np.mean([*map(bool, speechless)]))
    return {**report, "share of clips without speech in which words are heard": share}


def word_error_rate(rows: list[dict[str, Any]], transcripts: Mapping[str, str]) -> float:
    """Return the words that are wrong, missing or added, over all words said, in the clips with speech."""
    pairs = [(words(row["spoken"]), words(transcripts[row["id"]])) for row in rows if row["spoken"]]
    return sum(edit_distance(*pair) for pair in pairs) / max(1, sum(len(spoken) for spoken, _ in pairs))


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, without punctuation: recognisers differ in what they write of both."""
    return re.findall(r"[^\W_]+(?:'[^\W_]+)*", text.lower().replace("\u2019", "'"))


def edit_distance(spoken: list[str], heard: list[str]) -> int:
    """Return the least number of words to change, remove and add that turns one into the other (Levenshtein)."""
    row = list(range(len(heard) + 1))
    for number, spoken_word in enumerate(spoken, start=1):
        diagonal, row[0] = row[0], number
        for column, heard_word in enumerate(heard, start=1):
            substituted = diagonal + (spoken_word != heard_word)
            diagonal, row[column] = row[column], min(row[column] + 1, row[column - 1] + 1, substituted)
    return row[-1]


def distraction_over_event(scene: Scene) -> float | None:
    """Return how much louder the distraction is, in dB of energy while the event lasts; None without both."""
    if not (scene.sound and scene.distraction):
        return None
    event, distraction = event_and_distraction(scene)
    audible = event != 0
    return float(10 * np.log10(np.sum(distraction[audible] ** 2) / np.sum(event[audible] ** 2)))


def percentiles(values: list[float]) -> list[float]:
    return [round(value, 1) for value in np.percentile(values, [10, 50, 90]).tolist()] if values else []


def group_queries(queries: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    groups = dict.fromkeys(query["group"] for query in queries)
    return {group: [query for query in queries if query["group"] == group] for group in groups}


def mean_facts(queries: list[dict[str, Any]]) -> float:
    return float(np.mean([len(query["facts"]) for query in queries]))
