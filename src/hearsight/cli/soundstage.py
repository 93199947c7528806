"""`hearsight soundstage`: the generated benchmark."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from hearsight.cli import show
from hearsight.cli.steps import Steps

app = typer.Typer(help="Generate clips to train on and to test with.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def soundstage() -> None:
    """Generate clips to train on and to test with."""


@app.command()
def render(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the split gets a folder of its own.")],
    split: Annotated[Literal["train", "validation", "test", "demo"], typer.Option(help="Which clips.")] = "train",
    count: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How many clips; else the split's own number.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, metavar="N", help="Other clips of the same kind.")] = 0,
    workers: Annotated[int, typer.Option(min=1, metavar="N", help="Processes that render at once.")] = 2,
) -> None:
    """Render a split: MP4 files with manifest.jsonl. Interrupted, it goes on where it stopped.

    hearsight soundstage render soundstage --split validation --count 200
    """
    from hearsight.soundstage.render import render as render_split

    steps = Steps()
    manifest = render_split(folder / split, split, count, seed, workers, lambda n, total: steps("clip", n, total))
    show.note(f"manifest: {manifest}")
