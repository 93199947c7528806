"""`hearsight index`: make a folder of videos searchable, or bring its index up to date."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

import hearsight
from hearsight.cli import console
from hearsight.cli.options import LibraryOption, parse_folder
from hearsight.models.catalog import DEFAULT
from hearsight.util.extras import install_command

if TYPE_CHECKING:
    from rich.text import Text

    from hearsight.cli.events import Events
    from hearsight.library import Library, UpdateReport
    from hearsight.library.plan import Plan
    from hearsight.scale.engine import RayEngine

FAILURES_SHOWN = 3


def index(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER", parser=parse_folder, help="The folder with the videos, also s3://BUCKET/FOLDER."
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option(metavar="NAME", help=f"See hearsight models. Else that of the index, or {DEFAULT}."),
    ] = None,
    library: LibraryOption = None,
    cut: Annotated[
        Literal["window", "shots", "file"] | None,
        typer.Option(help="What a clip is: a stretch of equal length, a shot, or a whole file.", show_default="window"),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="The length of a window.", show_default="15")
    ] = None,
    recogniser: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Of speech: auto, pocketsphinx, whisper, whisper:NAME-OR-FOLDER or none. Else that of the index, or "
            "auto.",
        ),
    ] = None,
    device: Annotated[str, typer.Option(metavar="NAME", help="Where to compute: cpu, cuda or mps.")] = "cpu",
    dtype: Annotated[
        Literal["auto", "float32", "bfloat16"],
        typer.Option(help="In which the towers compute; auto: bfloat16, which is faster, on a CPU that has it."),
    ] = "auto",
    engine: Annotated[
        Literal["local", "ray"], typer.Option(help="Index in this process, or on a cluster of many machines.")
    ] = "local",
    ray_address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="Of the cluster, with --engine ray. Else that of this machine, or one for this run.",
        ),
    ] = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Forget the old index and begin anew.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Try files again that could not be indexed.")] = False,
    keep_features: Annotated[
        bool, typer.Option("--keep-features", help="Keep what hearsight reindex needs; up to 1.9 MB a clip.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    events: Annotated[bool, typer.Option("--events", help="Print how far it is as JSON lines, for programs.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Show errors only.")] = False,
) -> None:
    """Index a folder of videos, or bring its index up to date.

    Unchanged files cost nothing, and an interrupted run is finished by the next one.
    """
    if events and (json or quiet):
        raise typer.BadParameter("the last line has the report; leave out --json and --quiet", param_hint="--events")
    if ray_address and engine != "ray":
        raise typer.BadParameter("is for --engine ray", param_hint="--ray-address")
    from hearsight.library import Library

    plan = Library.plan(
        folder,
        model=model,
        library=library,
        cut=cut,
        seconds=seconds,
        recogniser=recogniser,
        device=device,
        dtype=dtype,
        rebuild=rebuild,
        retry=retry,
        keep_features=keep_features,
    )
    with _events(events) as printed:
        with nullcontext() if quiet else console.spinner(f"loading {plan.model_name}"):
            cluster = _cluster(ray_address, device) if engine == "ray" else None
            indexed = plan.prepare(cluster)
        with cluster or nullcontext():
            report = _run(plan, printed, quiet, cluster)
        failures = len(indexed.failures())
        plain = {"folder": str(indexed.folder), "model": indexed.identity.model, **report.to_dict()}
        if printed:
            printed.report(plain)
    if json:
        console.write_json(plain)
    elif not (quiet or events):
        screen = console.get_console()
        for line in summary(report, failures):
            console.write(screen, line)
    if failures and not (report.added or report.changed or report.moved or report.unchanged):
        raise hearsight.HearsightError(
            f"nothing is indexed: {console.format_count(failures, 'file')} failed; for the reasons: "
            "hearsight info --failures"
        )


def _events(events: bool) -> AbstractContextManager[Events | None]:
    """Return what prints events for a program. It starts before the model is loaded, which may take long."""
    if not events:
        return nullcontext()
    from hearsight.cli.events import Events

    return Events()


def _cluster(address: str | None, device: str) -> RayEngine:
    if find_spec("ray") is None:
        raise hearsight.HearsightError(
            f"cannot index on a cluster: Ray is not installed; install it: {install_command('ray')}"
        )
    from hearsight.scale.engine import RayEngine

    return RayEngine(address, device)


def _run(plan: Plan[Library], events: Events | None, quiet: bool, engine: RayEngine | None) -> UpdateReport:
    """Run the plan's update, and show its progress."""
    from hearsight.cli.progress import ProgressBar

    try:
        if quiet or events:
            return plan.run(events, engine)[1]
        with ProgressBar(console.get_console(stderr=True)) as progress:
            return plan.run(progress, engine)[1]
    except KeyboardInterrupt:
        console.note("what is indexed so far is kept; run the same again to finish")
        raise


def summary(report: UpdateReport, failures: int) -> list[Text]:
    """What an update did, for a person to read. failures: how many files of the library stand as failed."""
    from rich.text import Text

    numbers = {
        "added": report.added,
        "changed": report.changed,
        "moved": report.moved,
        "deleted": report.deleted,
        "unchanged": report.unchanged,
        "failed": len(report.failed),
    }
    told = ", ".join(f"{number:,} {name}" for name, number in numbers.items() if number) or "nothing to do"
    if report.clips:
        told += f"; {console.format_count(report.clips, 'clip')} in {console.format_duration(report.seconds)}"
    lines = [Text(told, style="bold")]
    for failure in report.failed[:FAILURES_SHOWN]:
        lines.append(Text.assemble("  ", console.escape(failure.path), ": ", (console.escape(failure.reason), "red")))
    if failures > len(report.failed[:FAILURES_SHOWN]):
        lines.append(
            Text(f"  {console.format_count(failures, 'file')} failed in all: hearsight info --failures", style="dim")
        )
    return lines
