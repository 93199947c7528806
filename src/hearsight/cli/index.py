"""`hearsight index`: make a folder of videos searchable, or bring its index up to date."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

import hearsight
from hearsight.cli import console
from hearsight.cli.options import LibraryOption, absolute_model_name, check_model_exists, parse_folder
from hearsight.library.tables.identity import HIDDEN
from hearsight.models.catalog import DEFAULT
from hearsight.util.extras import install_command

if TYPE_CHECKING:
    from rich.text import Text

    from hearsight.cli.events import Events
    from hearsight.library import Library, UpdateReport
    from hearsight.library.tables.identity import Identity
    from hearsight.models.base import VideoTextModel
    from hearsight.scale.engine import RayEngine
    from hearsight.speech.recogniser import Recogniser

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
    recorded = _recorded(folder, library, rebuild)
    if recorded is None or rebuild:
        _check_media(folder)
    if recorded and not model:
        check_model_exists(recorded.model)
    name = model or (recorded.model if recorded else DEFAULT)
    before = recorded.recogniser if recorded else None
    spoken = recogniser if recogniser is not None else before or "auto"
    with _told(events) as told:
        with nullcontext() if quiet else console.spinner(f"loading {name}"):
            from hearsight.library import Library
            from hearsight.library.tables.identity import places
            from hearsight.speech.load import load_recogniser

            cluster = _cluster(ray_address, device) if engine == "ray" else None
            listener = load_recogniser(spoken)
            # Workers have the model's weights as they are here, whatever they compute on.
            precision = "float32" if cluster and device != "cpu" and dtype == "auto" else dtype
            loaded = hearsight.load(name, "cpu" if cluster else device, precision)
            if cluster and recorded and rebuild:  # before the old index is forgotten
                cluster.check(*places(folder, library))
            kept = Library.create(
                folder,
                loaded,
                library,
                cut,
                seconds,
                name=absolute_model_name(name),
                # A folder is known to the recogniser by its whole path.
                recogniser=listener.name if recogniser and listener and ":" in recogniser else recogniser,
                rebuild=rebuild,
                keep_features=keep_features,
            )
        with cluster or nullcontext():
            report = _update(kept, loaded, listener, quiet, told, cluster, retry)
        failures = len(kept.failures())
        plain = {"folder": str(kept.folder), "model": kept.identity.model, **report.to_dict()}
        if told:
            told.report(plain)
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


def _recorded(folder: Path, at: Path | None, rebuild: bool) -> Identity | None:
    """What the index that is there was made with."""
    from hearsight.library.tables.identity import Identity, kept_at, usual_place

    return Identity.known(usual_place(folder) if at is None else kept_at(at), rebuild)


def _check_media(folder: Path) -> None:
    """Say at once, and before anything is written or forgotten, that a folder has nothing to index."""
    from hearsight.library.indexing.scan import has_media

    if not has_media(folder, besides=folder / HIDDEN):
        raise hearsight.HearsightError(f"no video or sound file in {folder.absolute()}; give the folder that has them")


def _told(events: bool) -> AbstractContextManager[Events | None]:
    """What tells a program of the update, from before the model is loaded, for that may take long."""
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


def _update(
    library: Library,
    model: VideoTextModel,
    recogniser: Recogniser | None,
    quiet: bool,
    told: Events | None,
    engine: RayEngine | None,
    retry: bool,
) -> UpdateReport:
    from hearsight.cli.progress import ProgressBar

    try:
        if quiet or told:
            return library.update(model, recogniser, told, engine, retry)
        with ProgressBar(console.get_console(stderr=True)) as progress:
            return library.update(model, recogniser, progress, engine, retry)
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
