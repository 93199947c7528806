"""`hearsight repair`: get a damaged index to work again."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from hearsight.cli import console
from hearsight.cli.options import FolderArgument, LibraryOption, open_library

if TYPE_CHECKING:
    from hearsight.library import Repaired

FEATURES = "features.lance"


def repair(
    folder: FolderArgument = None,
    library: LibraryOption = None,
    json: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
) -> None:
    """Restore what can be read of a damaged index. `hearsight index` makes the rest again."""
    with console.spinner("reading all tables"):
        kept = open_library(folder, library)
        done = kept.repair()
    if json:
        console.write_json({"folder": str(kept.folder), **asdict(done)})
        return
    for line in summary(done):
        console.write(console.get_console(), line)


def summary(done: Repaired) -> list[str]:
    """What was done, for a person to read."""
    told = [f"{console.escape(path)}: cannot be read; the version before it is restored" for path in done.versions]
    told += [f"{console.escape(path)}: cannot be read; its rows are dropped" for path in done.fragments]
    told += [f"{console.escape(path)}: cannot be read; all that was in it is gone" for path in done.lost]
    if FEATURES in done.lost:
        told.append("features are not kept any more; to keep them again: hearsight index --rebuild --keep-features")
    if done.again or set(done.lost) - {FEATURES} or done.fragments or done.versions:
        told.append("what is lacking now is made again by: hearsight index")
    return told or ["all tables can be read; their indexes are made anew"]
