"""`hearsight repair`: restore what can be read of a damaged index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hearsight.cli import console
from hearsight.cli.options import FolderArgument, LibraryOption, open_library

if TYPE_CHECKING:
    from hearsight.library import RepairReport

FEATURES = "features.lance"


def repair(
    folder: FolderArgument = None,
    library: LibraryOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
) -> None:
    """Restore what can be read of a damaged index. `hearsight index` then restores the rest from the videos."""
    with console.spinner("reading all tables"):
        opened = open_library(folder, library)
        report = opened.repair()
    if json:
        console.write_json({"folder": str(opened.folder), **report.to_dict()})
        return
    for line in summary(report):
        console.write(console.get_console(), line)


def summary(report: RepairReport) -> list[str]:
    """Return what was done, line by line."""
    lines = [f"{console.escape(path)}: cannot be read; the version before it is restored" for path in report.versions]
    lines += [f"{console.escape(path)}: cannot be read; its rows are removed" for path in report.fragments]
    lines += [f"{console.escape(path)}: cannot be read; all its rows are lost" for path in report.lost_tables]
    if FEATURES in report.lost_tables:
        lines.append("features are no longer kept; to keep them again: hearsight index --rebuild --keep-features")
    if report.incomplete_videos or set(report.lost_tables) - {FEATURES} or report.fragments or report.versions:
        lines.append("to restore the missing clips from the videos: hearsight index")
    return lines or ["all tables can be read; their search indexes are rebuilt"]
