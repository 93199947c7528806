"""`hearsight train`: follow a recipe."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from hearsight.cli import console
from hearsight.cli.step_progress import Steps
from hearsight.errors import HearsightError
from hearsight.util.extras import install_command


def train(
    recipe: Annotated[str, typer.Argument(metavar="RECIPE", help="A bundled recipe's name, or a YAML file.")],
    out: Annotated[
        Path, typer.Option("--out", metavar="FOLDER", file_okay=False, help="Where the run and its model are kept.")
    ],
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change the recipe; may be repeated.")
    ] = None,
) -> None:
    """Train a model by a recipe; an interrupted run goes on when started again.

    hearsight train demo --out runs/demo --set data=soundstage --set towers=runs/towers/model
    """
    from hearsight.research.training.recipe import TowersRecipe, read_recipe

    missing = [name for name in ("accelerate", "tensorboardX") if not find_spec(name)]
    if missing:
        raise HearsightError(f"cannot train: {missing[0]} is not installed; {install_command('train')}")
    followed = read_recipe(recipe, changes)
    from hearsight.research.training.processes import processes

    together = processes()
    if isinstance(followed, TowersRecipe):
        from hearsight.research.training.towers import train_towers

        if together.num_processes > 1:
            raise HearsightError("towers are trained by one process; start hearsight without a launcher")
        model = train_towers(followed, out, progress=Steps())
    else:
        from hearsight.research.training.trainer import train as train_method

        if together.is_main_process:
            console.note(f"processes: {together.num_processes}, on {together.device.type}")
            if followed.dataset:
                _look_through(followed.dataset, Path(followed.data))
        together.wait_for_everyone()
        model = train_method(followed, out, Steps())
    if together.is_main_process:
        console.note(f"model: {model}")


def _look_through(dataset: str, root: Path) -> None:
    """Check the data set, where that was not done before, and say what is left out of training."""
    from hearsight.research.datasets.check import check
    from hearsight.research.datasets.provenance import is_made

    if is_made(dataset, root):
        return
    findings = check(dataset, root, progress=Steps())
    for split in ("train", "validation"):
        if left_out := findings.left_out(split):
            console.note(left_out)
