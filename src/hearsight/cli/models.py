"""`hearsight models`: what can be named with --model."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from hearsight.cli import console
from hearsight.models.catalog import named_models


def models(json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False) -> None:
    """List the models that can be named."""
    known = named_models()
    if json:
        console.write_json([asdict(model) for model in known])
        return
    from rich.text import Text

    screen = console.get_console()
    names, abouts = (max(map(len, column)) for column in zip(*((m.name, m.about) for m in known), strict=True))
    for model in known:
        here = ("on this machine", "green") if model.here else ("to be fetched", "dim")
        console.write(
            screen,
            Text.assemble("  ", (f"{model.name:<{names}}", "bold"), f"  {model.about:<{abouts}}  ", here),
        )
    console.write(screen, Text("  Also: the hub id of any other CLIP, or the folder of a model.", style="dim"))
