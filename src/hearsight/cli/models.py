"""`hearsight models`: list the models that --model accepts by name."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from hearsight.cli import console
from hearsight.models.catalog import named_models


def models(json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False) -> None:
    """List the models that --model accepts by name, and whether they are on this machine."""
    listed = named_models()
    if json:
        console.write_json([asdict(model) for model in listed])
        return
    from rich.text import Text

    stdout = console.get_console()
    name_width = max(len(model.name) for model in listed)
    about_width = max(len(model.about) for model in listed)
    for model in listed:
        state = ("on this machine", "green") if model.here else ("to be fetched", "dim")
        name, about = (f"{model.name:<{name_width}}", "bold"), f"  {model.about:<{about_width}}  "
        console.write(stdout, Text.assemble("  ", name, about, state))
    console.write(stdout, Text("  Also: the hub id of any other CLIP, or the folder of a model.", style="dim"))
