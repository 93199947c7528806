"""Read from a run's folder how its model was trained."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.research.datasets.checked_folder import Provenance, checked_folder, provenance_of, read_note
from hearsight.research.datasets.split import Split
from hearsight.research.evaluation.ranking import ALL
from hearsight.research.training.recipe import MethodRecipe, Recipe, read_recorded_recipe
from hearsight.util.bounded_file import read_bounded
from hearsight.util.json_files import LARGEST

LARGEST_LOG = 256 << 20  # bytes of metrics.jsonl
GENERATED = "soundstage.json"  # in the folder of each split that Soundstage rendered


@dataclass(frozen=True)
class Clips:
    """The clips that a model was trained on.

    provenance: None unless they are of a data set that was checked. generated: by Soundstage.
    """

    count: int
    provenance: Provenance | None
    generated: bool


@dataclass(frozen=True)
class History:
    """A training run.

    inputs: hashes of its data, towers and teacher. versions: of the software at each of its starts. sumr: SumR on the
    validation split after each epoch; empty if there is no such split.
    """

    recipe: Recipe
    inputs: dict[str, str]
    versions: list[dict[str, str]]
    sumr: list[float]

    @property
    def best(self) -> int:
        """The epoch whose model was saved, counted from 1: the first of the best ones, as in `Training`."""
        rounded = [round(sumr, 2) for sumr in self.sumr]
        return rounded.index(max(rounded)) + 1

    def clips(self) -> Clips | None:
        """Return the training clips from the folder that the recipe names, or None if that has changed since."""
        if not isinstance(self.recipe, MethodRecipe):
            return None
        folder = Path(self.recipe.data)
        if self.recipe.dataset:
            try:
                folder = checked_folder(self.recipe.dataset, folder)
            except HearsightError:  # it was removed, or belongs to another data set
                return None
        train = Split(folder / "train")
        try:
            if train.digest != self.inputs.get("train"):
                return None
        except HearsightError:  # no manifest, or a damaged one
            return None
        note = read_note(folder)
        generated = bool(note.get("disguised")) if note else (train.folder / GENERATED).is_file()
        return Clips(len(train.clips), provenance_of(train.folder), generated)


def read_history(run: Path) -> History | None:
    """Read the history of a run, or return None for a folder that is not a run's.

    Raises HearsightError for damaged files.
    """
    if not (run / "recipe.json").is_file():
        return None
    try:
        recipe = read_recorded_recipe(read_bounded(run / "recipe.json", LARGEST))
        inputs = json.loads(_text(run / "inputs.json") or "{}")  # a run that starts with new towers has no inputs
        versions = json.loads(_text(run / "versions.json") or "[]")
        # A line without an end was cut short when the run was killed.
        lines = [line for line in _text(run / "metrics.jsonl").splitlines(keepends=True) if line.endswith("\n")]
        rows = [json.loads(line) for line in lines]
        sumr = [float(row["validation"][ALL]["sumr"]) for row in rows if "validation" in row]
        if not isinstance(inputs, dict) or not isinstance(versions, list):
            raise TypeError("inputs.json or versions.json has another form")
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise HearsightError(
            f"cannot read how the model in {run} was trained: a file of the run is damaged ({error}); "
            "restore it, or give the folder of the model alone"
        ) from error
    return History(recipe, inputs, versions, sumr)


def _text(file: Path) -> str:
    return read_bounded(file, LARGEST_LOG).decode("utf-8") if file.is_file() else ""
