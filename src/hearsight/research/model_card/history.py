"""What a run's folder tells of how its model was made, once it is trained."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.research.datasets.provenance import Source, checked_folder, read_note, source_of
from hearsight.research.datasets.split import read_manifest
from hearsight.research.evaluation.ranking import ALL
from hearsight.research.training.recipe import MethodRecipe, Recipe, read_recorded_recipe

GENERATED = "soundstage.json"  # stands in each split that is rendered


@dataclass(frozen=True)
class Clips:
    """What a model was trained on. source: where it is of a data set that was checked. generated: by Soundstage."""

    count: int
    source: Source | None
    generated: bool


@dataclass(frozen=True)
class History:
    """A run. inputs: hashes of what it was made from. versions: at each of its starts. sumr: on validation, after each
    epoch; empty where there was none.
    """

    recipe: Recipe
    inputs: dict[str, str]
    versions: list[dict[str, str]]
    sumr: list[float]

    @property
    def best(self) -> int:
        """The epoch that was kept, from 1: the first of the best, as `Training` has it."""
        rounded = [round(sumr, 2) for sumr in self.sumr]
        return rounded.index(max(rounded)) + 1

    def clips(self) -> Clips | None:
        """What it was trained on, from the folder that the recipe names; None if that is not there as it was."""
        if not isinstance(self.recipe, MethodRecipe):
            return None
        folder = Path(self.recipe.data)
        if self.recipe.dataset:
            try:
                folder = checked_folder(self.recipe.dataset, folder)
            except HearsightError:  # it is gone, or is another data set's
                return None
        train = folder / "train"
        manifest = train / "manifest.jsonl"
        if not manifest.is_file() or sha256(manifest.read_bytes()).hexdigest() != self.inputs.get("train"):
            return None
        note = read_note(folder)
        generated = note["disguised"] if note else (train / GENERATED).is_file()
        return Clips(len(read_manifest(train)), source_of(train), generated)


def read_history(run: Path) -> History | None:
    """Of a run's folder; None for one that is no run's. Raises HearsightError for files that are damaged."""
    if not (run / "recipe.json").is_file():
        return None
    try:
        recipe = read_recorded_recipe((run / "recipe.json").read_bytes())
        inputs = json.loads(_text(run / "inputs.json") or "{}")  # new towers are made of nothing
        versions = json.loads(_text(run / "versions.json") or "[]")
        # What a kill cut short has no end.
        lines = [line for line in _text(run / "metrics.jsonl").splitlines(keepends=True) if line.endswith("\n")]
        told = [json.loads(line) for line in lines]
        sumr = [float(row["validation"][ALL]["sumr"]) for row in told if "validation" in row]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HearsightError(
            f"cannot tell how the model in {run} was trained: a file of the run is damaged ({error}); "
            "restore it, or give the folder of the model alone"
        ) from error
    return History(recipe, inputs, versions, sumr)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""
