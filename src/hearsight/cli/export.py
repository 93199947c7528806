"""`hearsight export`: a model for the Hugging Face hub."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from hearsight.cli import console


def export(
    run: Annotated[
        Path,
        typer.Argument(metavar="RUN", exists=True, file_okay=False, help="A run of hearsight train, or a model."),
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="The folder to make; it must not hold anything.")],
    reports: Annotated[
        list[Path] | None,
        typer.Option("--report", metavar="REPORT", help="Of hearsight evaluate --report; may be repeated."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print what is in it as JSON.")] = False,
) -> None:
    """Make a folder for the Hugging Face hub of a model: its files, and a card with its numbers, its recipe and its
    limits.

    hearsight evaluate runs/save/model data/test --report reports/save

    hearsight export runs/save save-soundstage --report reports/save
    """
    with console.spinner(f"reading {run}"):
        from hearsight.research.model_card.export import export as make

        make(run, out, reports or [])
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
        console.note(f"how it was trained is not in its card; it would be, if you gave its run: {run.parent}")
