"""`hearsight train`: follow a recipe."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from hearsight.cli import console
from hearsight.cli.task_progress import StepProgress
from hearsight.errors import HearsightError
from hearsight.util.extras import install_command


def train(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A bundled recipe's name, or a YAML file.")],
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", file_okay=False, help="The folder of the run and its model.")
    ],
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change the recipe; may be repeated.")
    ] = None,
) -> None:
    """Train a model by a recipe. An interrupted run continues when it is started again.

    hearsight train demo --out runs/demo --set data=soundstage --set towers=runs/towers/model
    """
    from hearsight.research.training.recipe import TowersRecipe, read_recipe

    missing = [name for name in ("accelerate", "tensorboardX") if not find_spec(name)]
    if missing:
        raise HearsightError(f"cannot train: {missing[0]} is not installed; {install_command('train')}")
    values = read_recipe(recipe, changes)
    from hearsight.research.training.processes import processes

    state = processes()
    if isinstance(values, TowersRecipe):
        from hearsight.research.training.train_towers import train_towers

        if state.num_processes > 1:
            raise HearsightError("towers are trained by one process; start hearsight without a launcher")
        model = train_towers(values, out, progress=StepProgress())
    else:
        from hearsight.research.training.run_inputs import check_dataset
        from hearsight.research.training.trainer import train as train_method

        if state.is_main_process:
            console.note(f"processes: {state.num_processes}, on {state.device.type}")
            for sentence in check_dataset(values, StepProgress()):
                console.note(sentence)
        state.wait_for_everyone()
        model = train_method(values, out, StepProgress())
    if state.is_main_process:
        console.note(f"model: {model}")
