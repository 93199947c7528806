"""What it saves to freeze the towers, and what it costs: SAVE on Soundstage, with frozen towers and learning ones.

    python experiments/frozen_towers.py --data build/soundstage/data --towers demo --epochs 2

Both runs follow the recipe `soundstage` with one seed, and with CLIP a thousand times slower than new modules, as
published. The one reads stored features (which are made first, and not counted); in the other CLIP's image tower and
AST's last norm learn too, and every step decodes files. Prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

import hearsight
from hearsight.cli.task_progress import StepProgress
from hearsight.research.datasets.split import Split
from hearsight.research.evaluation.report import Report
from hearsight.research.evaluation.retrieval import rank
from hearsight.research.evaluation.tables import markdown, signed
from hearsight.research.training.recipe import MethodRecipe, read_recipe
from hearsight.research.training.trainer import Training

SLOWER = 1000  # 1e-4 against 1e-7


def recipe_of(chosen: argparse.Namespace, frozen: bool) -> MethodRecipe:
    changes = [f"data={chosen.data}", f"towers={chosen.towers}", f"epochs={chosen.epochs}", f"frozen_towers={frozen}"]
    recipe = read_recipe("soundstage", changes)
    assert isinstance(recipe, MethodRecipe)
    # Embeddings are frozen as published, too.
    return recipe.model_copy(update={"clip_learning_rate": recipe.learning_rate / SLOWER, "freeze_embeddings": True})


def run(chosen: argparse.Namespace, frozen: bool) -> tuple[Report, list[str]]:
    """Train and measure; the report, and a row of the table without what was found."""
    name = "frozen" if frozen else "learning"
    recipe, folder = recipe_of(chosen, frozen), chosen.out / name
    steps, times = StepProgress(), []

    def watch(what: str, *values: Any) -> None:
        if what == "step":
            times.append(time.perf_counter())
        steps(what, *values)

    training = Training(recipe, folder, watch)
    for epoch in range(training.step // training.updates_per_epoch, recipe.epochs):
        training.run_epoch(epoch)
    learn = sum(parameter.numel() for parameter in training.model.parameters() if parameter.requires_grad)
    model = hearsight.load(folder / "model")
    report = Report(name, "Soundstage test", [rank(model, Split(chosen.data / "test").features(model, progress=steps))])
    # The median leaves out what comes once an epoch, validation above all.
    each = f"{np.median(np.diff(times)):.2f} s" if len(times) > 1 else "was done before"
    return report, [name, f"{learn:,}", each]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="as soundstage render makes it")
    parser.add_argument("--towers", required=True, help="a model whose towers are used")
    parser.add_argument("--out", type=Path, default=Path("build/frozen-towers"), help="where the runs are kept")
    parser.add_argument("--epochs", type=int, default=4)
    chosen = parser.parse_args()
    (frozen, first), (learning, second) = run(chosen, frozen=True), run(chosen, frozen=False)
    over = learning.over(frozen)
    kinds = list(frozen.rows)
    rows = [
        [*cells, *(f"{report.rows[kind]['sumr'].value:.1f}" for kind in kinds)]
        for report, cells in ((frozen, first), (learning, second))
    ]
    rows.append(["learning over frozen", "", "", *(signed(over[kind]["sumr"]) for kind in kinds)])
    print(markdown(["towers", "parameters that learn", "an update", *(f"SumR, {kind}" for kind in kinds)], rows))


if __name__ == "__main__":
    main()
