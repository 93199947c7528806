"""`hearsight optimise`: make searches of an index faster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hearsight.cli import console
from hearsight.cli.options import FolderArgument, LibraryOption, open_library

if TYPE_CHECKING:
    from hearsight.library import MaintenanceReport


def optimise(
    folder: FolderArgument = None,
    library: LibraryOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
) -> None:
    """Update the search indexes of all tables, merge small files and delete what is no longer used.

    Searches can go on meanwhile. `hearsight index` does the same as often as it is worth the time.
    """
    with console.spinner("optimising"):
        opened = open_library(folder, library)
        report = opened.optimise()
    if json:
        console.write_json({"folder": str(opened.folder), **report.to_dict()})
    else:
        console.write(console.get_console(), summary(report))


def summary(report: MaintenanceReport) -> str:
    """Return what was done in one line."""
    steps = []
    if report.created_indexes:
        steps.append(f"indexed {' and '.join(report.created_indexes)}")
    if report.indexed_rows:
        steps.append(f"added {console.format_count(report.indexed_rows, 'row')} to indexes")
    if report.merged_fragments:
        steps.append(f"merged {console.format_count(report.merged_fragments, 'piece')} into {report.new_fragments:,}")
    if report.freed_bytes:
        steps.append(f"freed {console.format_bytes(report.freed_bytes)}")
    return f"{', '.join(steps) or 'nothing to do'}; {console.format_duration(report.seconds)}"
