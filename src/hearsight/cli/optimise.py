"""`hearsight optimise`: bring the index of a folder into the best order for searches."""

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
    """Bring an index into the best order for searches, which may go on meanwhile.

    `hearsight index` does so, too, as often as it is worth while.
    """
    with console.spinner("optimising"):
        kept = open_library(folder, library)
        done = kept.optimise()
    if json:
        console.write_json({"folder": str(kept.folder), **done.to_dict()})
    else:
        console.write(console.get_console(), summary(done))


def summary(done: Upkeep) -> str:
    """What was done, for a person to read."""
    told = []
    if done.made:
        told.append(f"indexed {' and '.join(done.made)}")
    if done.indexed:
        told.append(f"added {console.format_count(done.indexed, 'clip')} to indexes")
    if done.merged:
        told.append(f"merged {console.format_count(done.merged, 'piece')} into {done.into:,}")
    if done.freed:
        told.append(f"freed {console.format_bytes(done.freed)}")
    return f"{', '.join(told) or 'nothing to do'}; {console.format_duration(done.seconds)}"
