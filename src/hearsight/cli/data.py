"""`hearsight data`: check data sets for training and evaluation, and compute a teacher's features for them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hearsight.cli import console, data_check
from hearsight.cli.task_progress import StepProgress

app = typer.Typer(help="Data sets to train on and to test with.", no_args_is_help=True, rich_markup_mode=None)
app.command(short_help="Check which clips of a data set can be used.")(data_check.check)


@app.callback()
def data() -> None:
    """Data sets to train on and to test with."""


@app.command(short_help="Compute a teacher's features for soft-ALBEF.")
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
        Path, typer.Option("--out", metavar="TEACHER", file_okay=False, help="The folder for its features.")
    ],
    device: Annotated[str, typer.Option(metavar="NAME", help="Where to compute: cpu, cuda or mps.")] = "cpu",
) -> None:
    """Compute a large model's features of the pictures and sounds of a split, as the teacher of soft-ALBEF. An
    interrupted run continues where it stopped.

    hearsight data teach data/train --model facebook/pe-av-base-16-frame --out teacher --device cuda

    hearsight train soundstage --out runs/save --set data=data --set teacher=teacher
    """
    with console.spinner(f"loading {model}"):
        from hearsight.models.load import check_device
        from hearsight.research.datasets.split import Split
        from hearsight.research.training.teacher_features import teach as compute_features
        from hearsight.research.training.teacher_models import load_teacher

        split = Split(folder)
        _ = split.clips  # fails before a download if the folder is not a split
        check_device(device)
        teacher = load_teacher(model, device)
    compute_features(split, teacher, out, StepProgress())
    console.note(f"teacher: {out}")
