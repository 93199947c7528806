"""`hearsight models`: list the models that --model accepts by name, or describe a method."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from hearsight.cli import console
from hearsight.models.catalog import named_models

ALSO = ("Also: the hub id of another CLIP, SigLIP, SigLIP2 (fixed size) or MetaCLIP 2,", "or the folder of a model.")


def models(
    method: Annotated[
        str | None,
        typer.Option(metavar="METHOD", help="Describe a method that models are trained by, and its options."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """List the models that --model accepts by name, with what they take to download, licence, and what they do.

    With --method, describe a method instead: its options, which a recipe sets as options.NAME, the weights of its own
    losses (losses.NAME), the branches that it has, and what its similarity needs of a video.
    """
    if method is not None:
        _describe(method, json)
        return
    listed = named_models()
    if json:
        console.write_json([asdict(model) for model in listed])
        return
    from rich.text import Text

    stdout = console.get_console()
    name_width = max(len(model.name) for model in listed)
    for model in listed:
        state = ("on this machine", "green") if model.here else ("to be fetched", "dim")
        size = console.format_bytes(model.bytes) if model.bytes else ""
        facts = f"  {size:>6}  {model.licence:<10}  "
        console.write(stdout, Text.assemble("  ", (f"{model.name:<{name_width}}", "bold"), facts, state))
        console.write(stdout, f"      {model.about}; understands {model.languages}")
    for line in ALSO:
        console.write(stdout, Text(f"  {line}", style="dim"))


def _describe(name: str, json: bool) -> None:
    with console.spinner(f"loading the method {name}"):
        from hearsight.models.method_options import describe_options
        from hearsight.models.registry import class_of

        method = class_of(name)
    options = describe_options(method)
    about: dict[str, Any] = {
        "method": name,
        "branches": list(method.branches),
        "needs": list(method.needs),
        "soft_albef": method.soft_albef,
        "losses": dict(method.loss_weights),
        "options": [asdict(option) for option in options],
    }
    if json:
        console.write_json(about)
        return
    losses = [f"{loss} {weight:g}" for loss, weight in method.loss_weights.items()]
    rows = {
        "method": name,
        "branches": ", ".join(method.branches) or "none: it uses the frames alone",
        "similarity": f"needs {', '.join(method.needs)}",
        "soft-ALBEF": "yes" if method.soft_albef else "no",
        "losses": ", ".join(losses) or "none of its own",
        "options": "" if options else "none",
    }
    stdout = console.get_console()
    console.write(stdout, console.format_table(rows.items()))
    for option in options:
        console.write(stdout, f"  {option.name}: {option.type} = {option.default}")
        console.write(stdout, f"      {option.help}")
