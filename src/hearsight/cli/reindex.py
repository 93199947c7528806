"""`hearsight reindex`: give an index another model without decoding a file."""

from __future__ import annotations

from typing import Annotated

import typer

import hearsight
from hearsight.cli import console
from hearsight.cli.options import FolderArgument, LibraryOption, absolute_model_name, open_library


def reindex(
    folder: FolderArgument = None,
    model: Annotated[
        str, typer.Option(metavar="NAME", help="The new one, with the towers of the old one. See hearsight models.")
    ] = ...,  # type: ignore[assignment]
    library: LibraryOption = None,
    device: Annotated[str, typer.Option(metavar="NAME", help="Where to compute: cpu, cuda or mps.")] = "cpu",
    json: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
) -> None:
    """Give an index that was made with --keep-features another model, without decoding a file.

    Searches find with the old model until all is done; an interrupted run is finished by the next one. A server has to
    be started anew then.
    """
    from hearsight.cli.step_progress import Steps
    from hearsight.library.indexing.reindex import check_kept

    kept = open_library(folder, library)
    check_kept(kept.at, kept.identity)  # before a model is loaded for nothing
    with console.spinner(f"loading {model}"):
        loaded = hearsight.load(model, device)
    done = kept.reindex(loaded, absolute_model_name(model), Steps())
    if json:
        told = {"folder": str(kept.folder), "model": kept.identity.model, "clips": done.clips, "seconds": done.seconds}
        console.write_json(told)
    else:
        told_clips = console.format_count(done.clips, "clip")
        console.write(
            console.get_console(),
            f"{told_clips} reindexed with {kept.identity.model}; {console.format_duration(done.seconds)}",
        )
