"""`hearsight optimise`: make searches of an index faster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hearsight.cli import console
from hearsight.cli.options import FolderArgument, LibraryOption, open_library

if TYPE_CHECKING:
    from hearsight.library import Upkeep


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
        upkeep = opened.optimise()
    if json:
        console.write_json({"folder": str(opened.folder), **upkeep.to_dict()})
    else:
        console.write(console.get_console(), summary(upkeep))


def summary(upkeep: Upkeep) -> str:
    """Return what was done in one line."""
    steps = []
    if upkeep.made:
        steps.append(f"indexed {' and '.join(upkeep.made)}")
    if upkeep.indexed:
        steps.append(f"added {console.format_count(upkeep.indexed, 'clip')} to indexes")
    if upkeep.merged:
        steps.append(f"merged {console.format_count(upkeep.merged, 'piece')} into {upkeep.into:,}")
    if upkeep.freed:
        steps.append(f"freed {console.format_bytes(upkeep.freed)}")
    return f"{', '.join(steps) or 'nothing to do'}; {console.format_duration(upkeep.seconds)}"
