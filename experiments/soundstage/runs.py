"""Every row of the report: what is changed, trained with several seeds, and asked the test's queries once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import hearsight
from hearsight.cli.main import main
from hearsight.cli.steps import Steps
from hearsight.datasets.features import FeatureSet, extract
from hearsight.evaluation.report import Report
from hearsight.evaluation.retrieval import rank

BUILD = Path("build/soundstage")
DATA = BUILD / "data"
TOWERS = Path("build/demo")  # where `make demo-model` trains the same
RECORDS = Path("docs/soundstage")
AT_ONCE = 2  # runs of one thread each: these models are too small to share among threads


@dataclass(frozen=True)
class Row:
    """A method, or a method with one thing changed. changes: to the recipe `soundstage`."""

    name: str
    changes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        return self.name.lower().replace(",", "").replace(" ", "-")

    @property
    def recogniser(self) -> str:
        return str(self.changes.get("recogniser", "pocketsphinx"))

    @property
    def averaged(self) -> bool:
        return bool(self.changes.get("average_frequencies", False))

    def run(self, seed: int) -> Path:
        return BUILD / "runs" / f"{self.slug}-{seed}"

    @property
    def record(self) -> Path:
        return RECORDS / f"{self.slug}.json"


MIXED = 0.7  # share of training clips with the sound of a second and the words of a third: nothing goes along by chance
SAVE = Row("SAVE")
CHORUS = Row("Chorus", {"method": "chorus"})
METHODS = (
    Row("CLIP4Clip", {"method": "clip4clip"}),
    Row("blind fusion", {"method": "blind"}),
    Row("AVIGATE", {"method": "avigate"}),
    SAVE,
    CHORUS,
)
SAVE_WITHOUT = (
    Row("SAVE, no gates", {"gated": False}),
    Row("SAVE, no margin", {"margin_weight": 0.0}),
    Row("SAVE, no speech", {"recogniser": "none"}),
    Row("SAVE, no soft-ALBEF", {"soft_albef": 0.0}),
    Row("SAVE, perfect transcripts", {"recogniser": "perfect"}),
    Row("SAVE, frequencies averaged", {"average_frequencies": True}),
    Row("SAVE, mixed clips", {"mixed": MIXED}),
)
CHORUS_WITHOUT = (
    Row("Chorus, not weighed", {**CHORUS.changes, "weighed": False}),
    Row("Chorus, one question", {**CHORUS.changes, "questions": False}),
    Row("Chorus, no absence", {**CHORUS.changes, "absence": False}),
    Row("Chorus, many voices", {**CHORUS.changes, "few_voices": 0.0}),
    Row("Chorus, no soft-ALBEF", {**CHORUS.changes, "soft_albef": 0.0}),
    Row("Chorus, mixed clips", {**CHORUS.changes, "mixed": MIXED}),
)


@dataclass(frozen=True)
class Plan:
    """What is to be found out. changes: to the recipe of every row, for a quick look."""

    size: str = "standard"
    seeds: int = 3
    methods: tuple[Row, ...] = METHODS
    save_without: tuple[Row, ...] = SAVE_WITHOUT
    chorus_without: tuple[Row, ...] = CHORUS_WITHOUT
    changes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rows(self) -> tuple[Row, ...]:
        return (*self.methods, *self.save_without, *self.chorus_without)


def prepare(plan: Plan) -> None:
    """Clips and towers, and what training reads: transcripts and features. What is there is kept."""
    more = TOWERS / "towers-more"
    commands = [["soundstage", "render", str(DATA), "--size", plan.size]]
    if not (more / "model" / "config.json").exists():
        commands += [
            ["train", "demo-towers", "--out", str(TOWERS / "towers")],
            ["train", "demo-towers-more", "--out", str(more), "--set", f"start={TOWERS / 'towers' / 'model'}"],
        ]
    for words in commands:
        print(">", "hearsight", *words, flush=True)
        if code := main(words):
            sys.exit(code)
    # Here, because two runs that start at once must not make the same table.
    for row in {(row.recogniser, row.averaged): row for row in plan.rows}.values():
        for split in ("train", "validation"):
            features(split, row)


def features(split: str, row: Row = SAVE) -> FeatureSet:
    """The stored features that a row is trained on or asked with; all rows share their towers."""
    towers = hearsight.load(TOWERS / "towers-more" / "model")
    towers.config = replace(towers.config, average_frequencies=row.averaged)
    return extract(DATA / split, towers, row.recogniser, Steps())


def train(plan: Plan) -> None:
    """Train what is not trained yet, several runs at a time."""
    runs = [(row, seed) for row in plan.rows for seed in range(plan.seeds) if not (row.run(seed) / "done").exists()]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda run: _train(*run, plan.changes), runs))


def _train(row: Row, seed: int, changes: Mapping[str, Any]) -> None:
    folder = row.run(seed)
    folder.mkdir(parents=True, exist_ok=True)
    towers = str(TOWERS / "towers-more" / "model")
    settings = {"data": str(DATA), "towers": towers, "seed": seed, **changes, **row.changes}
    words = [sys.executable, "-m", "hearsight", "train", "soundstage", "--out", str(folder)]
    words += [word for name, value in settings.items() for word in ("--set", f"{name}={json.dumps(value)}")]
    print("> training", folder, flush=True)
    with (folder / "log.txt").open("a") as log:
        subprocess.run(words, check=True, stderr=log, env={**os.environ, "OMP_NUM_THREADS": "1"})
    (folder / "done").touch()


def measure(plan: Plan) -> None:
    """Ask each row's models the queries of the test, and keep the ranks."""
    for row in plan.rows:
        if row.record.exists():
            continue
        clips = features("test", row)
        rankings = [rank(hearsight.load(row.run(seed) / "model"), clips) for seed in range(plan.seeds)]
        row.record.parent.mkdir(parents=True, exist_ok=True)
        row.record.write_text(json.dumps(Report(row.name, "Soundstage test", rankings).ranks_dict()) + "\n")
