"""`hearsight data`: data sets to train on and to test with, and what teaches with them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hearsight.cli import console, data_check
from hearsight.cli.step_progress import Steps

app = typer.Typer(help="Data sets to train on and to test with.", no_args_is_help=True, rich_markup_mode=None)
app.command(short_help="Tell what of a data set is there and can be read.")(data_check.check)


@app.callback()
def data() -> None:
    """Data sets to train on and to test with."""


@app.command(short_help="Compute features that teach soft-ALBEF.")
def teach(
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", exists=True, file_okay=False, help="A split, such as data/train."),
    ],
    model: Annotated[
        str,
        typer.Option(
            "--model", metavar="NAME", help="A PE-AV, as a hub id or a folder; or a teacher that a plugin registers."
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="TEACHER", file_okay=False, help="Where its features are kept.")
    ],
    device: Annotated[str, typer.Option(metavar="NAME", help="Where to compute: cpu, cuda or mps.")] = "cpu",
) -> None:
    """Compute how a large model sees and hears each clip, to teach soft-ALBEF. Interrupted, it goes on where it
    stopped.

    hearsight data teach data/train --model facebook/pe-av-base-16-frame --out teacher --device cuda

    hearsight train soundstage --out runs/save --set data=data --set teacher=teacher
    """
    with console.spinner(f"loading {model}"):
        from hearsight.models.load import check_device
        from hearsight.research.datasets.split import read_manifest
        from hearsight.research.training.teacher_features import teach as teach_split
        from hearsight.research.training.teacher_models import load_teacher

        read_manifest(folder)  # says now, not after a download, that this is no split
        check_device(device)
        teacher = load_teacher(model, device)
    teach_split(folder, teacher, out, Steps())
    console.note(f"teacher: {out}")
