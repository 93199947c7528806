"""`hearsight reindex`: give an index another model without decoding a file."""

from __future__ import annotations

from typing import Annotated

import typer

import hearsight
from hearsight.cli import console
from hearsight.cli.options import At, Indexed, lasting_name, open_library


def reindex(
    folder: Indexed = None,
    model: Annotated[
        str, typer.Option(metavar="NAME", help="The new one, with the towers of the old one. See hearsight models.")
    ] = ...,  # type: ignore[assignment]
    library: At = None,
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
    with console.busy(f"loading {model}"):
        loaded = hearsight.load(model, device)
    done = kept.reindex(loaded, lasting_name(model), Steps())
    if json:
        told = {"folder": str(kept.folder), "model": kept.identity.model, "clips": done.clips, "seconds": done.seconds}
        console.write_json(told)
    else:
        told_clips = console.counted(done.clips, "clip")
        console.write(
            console.screen(), f"{told_clips} reindexed with {kept.identity.model}; {console.lasting(done.seconds)}"
        )
