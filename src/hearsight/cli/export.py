"""`hearsight export`: write a model as a folder for the Hugging Face hub."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from hearsight.cli import console


def export(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN", exists=True, file_okay=False, help="The folder of a run of hearsight train, or of a model."
        ),
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder to write; it must be new or empty.")],
    reports: Annotated[
        list[Path] | None,
        typer.Option("--report", metavar="REPORT", help="A folder of hearsight evaluate --report; may be repeated."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print its files as JSON.")] = False,
) -> None:
    """Write a model as a folder for the Hugging Face hub: its files, and a card with its results, its recipe and its
    limits.

    hearsight evaluate runs/save/model data/test --report reports/save

    hearsight export runs/save save-soundstage --report reports/save
    """
    with console.spinner(f"reading {run}"):
        from hearsight.research.model_card.export import export as export_model

        export_model(run, out, reports or [])
    files = {file.name: file.stat().st_size for file in sorted(out.iterdir())}
    command = f"hf upload org/name {shlex.quote(str(out))}"
    if json:
        console.write_json({"out": str(out), "files": files, "next": command})
    else:
        rows = (
            {"written": str(out)}
            | {name: console.format_bytes(size) for name, size in files.items()}
            | {"next": command}
        )
        console.write(console.get_console(), console.format_table(rows.items()))
    if run.name == "model" and (run.parent / "recipe.json").is_file():
        console.note(f"the card does not say how the model was trained; to include that, export its run: {run.parent}")
