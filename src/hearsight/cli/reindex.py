"""`hearsight reindex`: change the model of an index without decoding the files again."""

from __future__ import annotations

from typing import Annotated

import typer

import hearsight
from hearsight.cli import console
from hearsight.cli.options import FolderArgument, LibraryOption, open_library


def reindex(
    folder: FolderArgument = None,
    model: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="The new model, which must have the same towers as the old one. See hearsight models."
        ),
    ] = ...,  # type: ignore[assignment]
    library: LibraryOption = None,
    device: Annotated[str, typer.Option(metavar="NAME", help="The device to compute on: cpu, cuda or mps.")] = "cpu",
    json: Annotated[bool, typer.Option("--json", help="Print what was done as JSON.")] = False,
) -> None:
    """Change the model of an index that was made with --keep-features, without decoding the files again.

    Searches use the old model until all clips are done; run the command again to finish an interrupted run. Restart
    servers of the index afterwards.
    """
    from hearsight.cli.task_progress import StepProgress
    from hearsight.library.indexing.model_names import absolute_model_name

    opened = open_library(folder, library)
    opened.identity.check_features(opened.location)  # before the model is loaded, which takes seconds
    with console.spinner(f"loading {model}"):
        loaded = hearsight.load(model, device)
    reindexed = opened.reindex(loaded, StepProgress(), name=absolute_model_name(model))
    if json:
        console.write_json(
            {
                "folder": str(opened.folder),
                "model": opened.identity.model,
                "clips": reindexed.clips,
                "seconds": reindexed.seconds,
            }
        )
    else:
        clips, duration = console.format_count(reindexed.clips, "clip"), console.format_duration(reindexed.seconds)
        console.write(console.get_console(), f"{clips} reindexed with {opened.identity.model}; {duration}")
