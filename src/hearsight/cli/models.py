"""`hearsight models`: list, describe and download the models that --model and --sound accept by name."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer

from hearsight.cli import console
from hearsight.errors import HearsightError

ALSO = (
    "Also: the hub id of another CLIP, SigLIP, SigLIP2 (fixed size), MetaCLIP 2 or",
    "PE-AV, a model's folder, or a file that names experts (hearsight models show",
    "NAME).",
)

app = typer.Typer(rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def models(
    context: typer.Context,
    method: Annotated[
        str | None,
        typer.Option(metavar="METHOD", help="Describe a method that models are trained by, and its options."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """List the models that --model and --sound accept by name: what they do, licence, and what they take to download.

    With --method, describe a method instead: its options, which a recipe sets as options.NAME, the weights of its own
    losses (losses.NAME), the branches that it has, and what its similarity needs of a video.
    """
    if context.invoked_subcommand:
        for option, is_given in (("--json", json), ("--method", method is not None)):
            if is_given:
                reason = f"cannot be used with {context.invoked_subcommand}; leave it out"
                raise typer.BadParameter(reason, param_hint=option)
        return
    if method is not None:
        _describe(method, json)
        return
    from hearsight.experts.catalog import listed_models

    listed = listed_models()
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


@app.command(short_help="Download models, to have them without a network later.")
def pull(
    names: Annotated[
        list[str],
        typer.Argument(
            metavar="NAME...",
            help="A name of the list, a hub id, clap:HUB-ID, pe-audio:HUB-ID, sentences:HUB-ID, or a file that "
            "names experts.",
        ),
    ],
    again: Annotated[
        bool, typer.Option("--again", help="Download files that are here, too: they may be damaged.")
    ] = False,
) -> None:
    """Download what is missing of models, to have them without a network later. An interrupted download is continued
    by the same command.
    """
    from hearsight.cli.download_progress import DownloadProgress
    from hearsight.experts.sources import hub_models

    absent = [model for model in hub_models(names) if again or not model.is_complete()]
    with DownloadProgress() as progress:
        for model in absent:
            console.note(f"fetching {model.name}")
            model.fetch(progress, again)
    downloaded = f"{console.format_count(len(absent), 'model')} downloaded"
    console.note(downloaded if absent else "nothing to download: all of it is on this machine")


@app.command(short_help="Print the experts of a configuration, to make your own.")
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of a configuration, such as everyday.")],
) -> None:
    """Print which experts search together under a name, as a file that --model accepts: change it to have your own.

    hearsight models show everyday > mine.yaml

    hearsight index FOLDER --model mine.yaml
    """
    from hearsight.experts.configuration import CONFIGURATIONS, find_configuration
    from hearsight.util.suggest import nearest

    configuration = find_configuration(name)
    if configuration is None:
        raise HearsightError(
            f"no configuration '{name}'{nearest(name, CONFIGURATIONS)}; choose one of {', '.join(CONFIGURATIONS)}"
        )
    print(configuration.to_yaml(), end="")


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
