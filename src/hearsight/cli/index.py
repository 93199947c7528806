"""`hearsight index`: index a folder of videos, or bring its index up to date."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import hearsight
from hearsight.cli import console
from hearsight.cli.index_notes import note_consequences, note_missing
from hearsight.cli.options import LibraryOption, one_of, parse_folder
from hearsight.cli.update_summary import describe_update
from hearsight.util.extras import install_command

if TYPE_CHECKING:
    from hearsight.cli.events import Events
    from hearsight.library import Library, UpdateReport
    from hearsight.library.plan import Plan
    from hearsight.models.hub import HubModel
    from hearsight.scale.engine import RayEngine


def index(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER", parser=parse_folder, help="The folder with the videos, or s3://BUCKET/FOLDER."
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What searches the videos: everyday, a model (see hearsight models), a file that names experts, or "
            "none, for what is said alone. Default: that of the existing index, or everyday.",
        ),
    ] = None,
    library: LibraryOption = None,
    cut: Annotated[
        str | None,
        typer.Option(
            **one_of("window", "shots", "file"),
            help="What a clip is: a stretch of equal length, a shot, or a whole file.",
            show_default="window",
        ),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(metavar="SECONDS", help="The length of a window.", show_default="15")
    ] = None,
    recogniser: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="The recogniser of speech: auto, moonshine, whisper, whisper:NAME-OR-FOLDER or none. Default: "
            "that of the existing index, or auto.",
        ),
    ] = None,
    meaning: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What compares the meaning of what is said with queries: wordllama (English), sentences (a hundred "
            "languages, downloaded once), sentences:HUB-ID-OR-FOLDER or none. Default: that of the existing index, or "
            "wordllama.",
        ),
    ] = None,
    sound: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="What compares queries with what is heard, besides the model: clap or pe-audio (English, downloaded "
            "once), either with :HUB-ID-OR-FOLDER, or none. Default: that of the existing index, or of what --model "
            "names.",
        ),
    ] = None,
    read: Annotated[
        bool | None,
        typer.Option(
            "--read/--no-read",
            help="Read the text in a picture of each clip (needs the extra ocr), or do so no more. Default: as the "
            "existing index, or not.",
        ),
    ] = None,
    audio_track: Annotated[
        int | None,
        typer.Option(
            metavar="NUMBER",
            help="The sound track to hear of files with several, from 1; 0 for the automatic choice, as for files with "
            "fewer. Default: as the existing index, or 0.",
        ),
    ] = None,
    audio_language: Annotated[
        str | None,
        typer.Option(
            metavar="LANGUAGE",
            help="The language to prefer among the sound tracks of a file: de, deu or German; auto for none. Default: "
            "as the existing index, or auto.",
        ),
    ] = None,
    pictures: Annotated[
        bool | None,
        typer.Option(
            "--pictures/--no-pictures",
            help="Index photos and other pictures, too, or leave them out. Default: as the existing index, or yes.",
        ),
    ] = None,
    device: Annotated[str, typer.Option(metavar="NAME", help="The device to compute on: cpu, cuda or mps.")] = "cpu",
    dtype: Annotated[
        str,
        typer.Option(
            **one_of("auto", "float32", "bfloat16"),
            help="The precision of the towers. auto: bfloat16 on a CPU that is faster with it, else float32.",
        ),
    ] = "auto",
    engine: Annotated[
        str, typer.Option(**one_of("local", "ray"), help="Index in this process, or on a Ray cluster of many machines.")
    ] = "local",
    ray_address: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT",
            help="The address of the cluster, with --engine ray. Default: the cluster of this machine, or a new one "
            "for this run.",
        ),
    ] = None,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Delete the index and index all files again.")] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Try files again that could not be indexed.")] = False,
    keep_features: Annotated[
        bool, typer.Option("--keep-features", help="Store what hearsight reindex needs: up to 1.9 MB a clip.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    events: Annotated[bool, typer.Option("--events", help="Print the progress as JSON lines, for programs.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only.")] = False,
) -> None:
    """Index a folder of videos, or bring its index up to date.

    Files that are unchanged are not read again. Run the command again to finish an interrupted run.
    """
    if events and (json or quiet):
        raise typer.BadParameter(
            "cannot be used with --json or --quiet; its last line has the report", param_hint="--events"
        )
    if ray_address and engine != "ray":
        raise typer.BadParameter("needs --engine ray", param_hint="--ray-address")
    from hearsight.library import Library

    plan = Library.plan(
        folder,
        model=model,
        library=library,
        cut=cut,
        seconds=seconds,
        recogniser=recogniser,
        meaning=meaning,
        sound=sound,
        read=read,
        pictures=pictures,
        device=device,
        dtype=dtype,
        rebuild=rebuild,
        retry=retry,
        keep_features=keep_features,
        audio_track=audio_track,
        audio_language=audio_language,
    )
    with _events(events) as printer:
        _fetch(plan, quiet or events)
        with nullcontext() if quiet else console.spinner(f"loading {plan.model_name}"):
            cluster = _cluster(ray_address, device) if engine == "ray" else None
            indexed = plan.prepare(cluster)
        if not (quiet or events):
            note_consequences(plan, indexed)
        with cluster or nullcontext():
            report = _run(plan, printer, quiet, cluster)
        failures, missing = len(indexed.failures()), indexed.identity.missing or {}
        values = {
            "folder": str(indexed.folder),
            "model": indexed.identity.model,
            **report.to_dict(),
            "missing": missing,
        }
        if printer:
            printer.report(values)
    if json:
        console.write_json(values)
    elif not (quiet or events):
        stdout = console.get_console()
        for line in describe_update(report, failures, indexed.identity.pictures):
            console.write(stdout, line)
        if missing:
            note_missing(missing)
    if failures and not (report.added or report.changed or report.moved or report.unchanged):
        raise hearsight.HearsightError(
            f"nothing is indexed: {console.format_count(failures, 'file')} failed; list the reasons with: "
            "hearsight info --failures"
        )


def _fetch(plan: Plan[Library], quiet: bool) -> None:
    """Download the experts that this run needs, and say so; or say which it goes without, also to who wants quiet."""
    from hearsight.cli.download_progress import DownloadProgress
    from hearsight.library.expert_choice import describe_missing
    from hearsight.models.download import UnreachableError

    absent = plan.experts.downloads()
    if not absent:
        return
    if quiet:
        error = plan.fetch()
    else:
        console.note(f"fetching {', '.join(map(_with_size, absent))}, once; if interrupted, the next run continues it")
        with DownloadProgress() as progress:
            error = plan.fetch(progress)
    if error is not None:
        reason = "the hub cannot be reached" if isinstance(error, UnreachableError) else error
        what = describe_missing(plan.experts.missing)
        console.note(f"note: {what} cannot be searched yet, and indexing goes on without: {reason}")


def _with_size(model: HubModel) -> str:
    from hearsight.experts.catalog import size_of

    size = size_of(model.name)
    return f"{model.name} ({console.format_bytes(size)})" if size else model.name


def _events(events: bool) -> AbstractContextManager[Events | None]:
    """Return a context that prints events. It is entered before the model is loaded, which may take long."""
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
    from hearsight.cli.update_progress import ProgressBar

    try:
        if quiet or events:
            return plan.run(events, engine)[1]
        with ProgressBar(console.get_console(stderr=True)) as progress:
            return plan.run(progress, engine)[1]
    except KeyboardInterrupt:
        console.note("files indexed so far are kept; run the same command again to finish")
        raise
