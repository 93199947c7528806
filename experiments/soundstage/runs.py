"""The rows of the report: each a method with changes, trained with several seeds and tested once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import hearsight
from hearsight.cli.main import main
from hearsight.cli.task_progress import StepProgress
from hearsight.research.datasets.feature_set import FeatureSet
from hearsight.research.datasets.split import Split
from hearsight.research.evaluation.report import Report
from hearsight.research.evaluation.retrieval import rank
from hearsight.research.training.initial_model import load_towers
from hearsight.research.training.recipe import MethodRecipe, read_recipe, read_recorded_recipe
from hearsight.research.training.run_inputs import input_hashes, open_splits
from hearsight.util.atomic import write_atomic

RECIPE = "soundstage"
TOWERS = Path("build/demo")  # where `make demo-model` trains the same
PARALLEL_RUNS = 2  # of one thread each: these models are too small to share among threads


@dataclass(frozen=True)
class Row:
    """A method, or a method with one change. `changes` are those to the recipe `soundstage`."""

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


MIXED = 0.7  # share of training clips with the sound of a second and the words of a third
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
    Row("SAVE, no gates", {"options.gated": False}),
    Row("SAVE, no margin", {"margin_weight": 0.0}),
    Row("SAVE, no speech", {"recogniser": "none"}),
    Row("SAVE, no soft-ALBEF", {"soft_albef": 0.0}),
    Row("SAVE, perfect transcripts", {"recogniser": "perfect"}),
    Row("SAVE, frequencies averaged", {"average_frequencies": True}),
    Row("SAVE, mixed clips", {"mixed": MIXED}),
)
CHORUS_WITHOUT = (
    Row("Chorus, not weighed", {**CHORUS.changes, "options.query_weights": False}),
    Row("Chorus, one question", {**CHORUS.changes, "options.query_projections": False}),
    Row("Chorus, no absence", {**CHORUS.changes, "options.learned_absence": False}),
    Row("Chorus, many voices", {**CHORUS.changes, "losses.few_voices": 0.0}),
    Row("Chorus, mixed clips", {**CHORUS.changes, "mixed": MIXED}),
)


@dataclass(frozen=True)
class Plan:
    """What is measured, and where it is stored. `changes` are those to the recipe of every row, for a quick trial."""

    size: str = "standard"
    seeds: int = 3
    methods: tuple[Row, ...] = METHODS
    save_without: tuple[Row, ...] = SAVE_WITHOUT
    chorus_without: tuple[Row, ...] = CHORUS_WITHOUT
    changes: Mapping[str, Any] = field(default_factory=dict)
    build: Path = Path("build/soundstage")
    page: Path = Path("docs/soundstage.md")

    @property
    def rows(self) -> tuple[Row, ...]:
        return (*self.methods, *self.save_without, *self.chorus_without)

    @property
    def data(self) -> Path:
        return self.build / "data"

    def run(self, row: Row, seed: int) -> Path:
        return self.build / "runs" / f"{row.slug}-{seed}"

    def models(self, row: Row) -> list[Path]:
        """Return the trained models of a row, by seed."""
        return [self.run(row, seed) / "model" for seed in range(self.seeds)]

    @property
    def records(self) -> Path:
        return self.build / "records"

    def record(self, name: str) -> Path:
        return self.records / f"{name}.json"

    def settings(self, row: Row, seed: int) -> dict[str, Any]:
        """Return the keys of the recipe that a run changes."""
        towers = str(TOWERS / "towers-more" / "model")
        return {"data": str(self.data), "towers": towers, "seed": seed, **self.changes, **row.changes}


def keep(record: Path, models: Sequence[Path], make: Callable[[], Any]) -> None:
    """Write a record, unless there is one that is newer than its models.

    Changes of the program are not noticed: delete the folder of records after one.
    """
    trained = max((model / "model.safetensors").stat().st_mtime for model in models)
    if not record.exists() or record.stat().st_mtime < trained:
        write_atomic(record, json.dumps(make()) + "\n")


def prepare(plan: Plan) -> None:
    """Make clips, towers, transcripts and features, unless they exist."""
    more = TOWERS / "towers-more"
    commands = [["soundstage", "render", str(plan.data), "--size", plan.size]]
    if not (more / "model" / "model.safetensors").exists():  # which comes last
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
        for split in ("train", "validation", "test"):
            features(plan, split, row)
    remove_outdated_records(plan)


def remove_outdated_records(plan: Plan) -> None:
    """Remove records of another test: of other clips, queries or transcripts."""
    test = plan.data / "test"
    inputs = [test / "manifest.jsonl", *sorted(test.glob("transcripts.*.jsonl"))]
    digest = sha256(b"".join(path.read_bytes() for path in inputs)).hexdigest()
    note = plan.records / "test.txt"
    if note.exists() and note.read_text() == digest:
        return
    plan.records.mkdir(parents=True, exist_ok=True)
    for record in plan.records.glob("*.json"):
        record.unlink()
    write_atomic(note, digest)


def features(plan: Plan, split: str, row: Row = SAVE) -> FeatureSet:
    """Return the stored features that a row is trained or tested on. All rows share their towers."""
    towers = hearsight.load(TOWERS / "towers-more" / "model")
    towers.config = replace(towers.config, average_frequencies=row.averaged)
    return Split(plan.data / split).features(towers, row.recogniser, StepProgress())


def train(plan: Plan) -> None:
    """Train the runs that are not trained yet, several at a time."""
    runs = [(row, seed) for row in plan.rows for seed in range(plan.seeds)]
    missing = [run for run in runs if not is_trained(plan, *run)]
    progress = StepProgress()
    with ThreadPoolExecutor(PARALLEL_RUNS) as pool:
        for done, _ in enumerate(pool.map(lambda run: _train(plan, *run), missing), len(runs) - len(missing) + 1):
            progress("trained", done, len(runs))


def is_trained(plan: Plan, row: Row, seed: int) -> bool:
    """Return whether a run was trained with the present recipe, towers and clips."""
    folder, recipe = plan.run(row, seed), read_recipe(RECIPE, changes(plan, row, seed))
    assert isinstance(recipe, MethodRecipe)
    if not (folder / "done").exists():
        return False
    if read_recorded_recipe((folder / "recipe.json").read_bytes()) != recipe:
        return False
    recorded = json.loads((folder / "inputs.json").read_text())
    return bool(recorded == input_hashes(recipe, open_splits(recipe), load_towers(recipe)))


def changes(plan: Plan, row: Row, seed: int) -> list[str]:
    """Return the changes of a run as the command line takes them."""
    return [f"{name}={json.dumps(value)}" for name, value in plan.settings(row, seed).items()]


def _train(plan: Plan, row: Row, seed: int) -> None:
    folder = plan.run(row, seed)
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "hearsight", "train", RECIPE, "--out", str(folder)]
    command += [word for change in changes(plan, row, seed) for word in ("--set", change)]
    print("> training", folder, flush=True)
    with (folder / "log.txt").open("a") as log:
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        if subprocess.run(command, stderr=log, env=environment).returncode:
            raise SystemExit(f"cannot train {folder}: see its log.txt")
    (folder / "done").touch()


def measure(plan: Plan) -> None:
    """Run the queries of the test on each row's models, and record the ranks."""
    for row in plan.rows:
        keep(plan.record(row.slug), plan.models(row), lambda row=row: ranks(plan, row))


def ranks(plan: Plan, row: Row) -> dict[str, Any]:
    clips = features(plan, "test", row)
    rankings = [rank(hearsight.load(model), clips) for model in plan.models(row)]
    return Report(row.name, "Soundstage test", rankings).ranks_dict()
