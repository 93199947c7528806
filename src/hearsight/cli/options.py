"""Where a library is, and how its options are called in every command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hearsight.errors import HearsightError
from hearsight.library.tables.identity import HIDDEN
from hearsight.util.object_store import ObjectPath, as_path

if TYPE_CHECKING:
    from hearsight.library import Library


def parse_folder(text: str) -> Path:
    """A folder on a disk, which has to be there, or one in an object store."""
    folder = as_path(text)
    if isinstance(folder, ObjectPath) or folder.is_dir():
        return folder
    raise typer.BadParameter(f"'{text}' is a file" if folder.exists() else f"the folder '{text}' does not exist")


FolderArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="FOLDER",
        parser=parse_folder,
        help="The indexed folder; else the current one, or the nearest above it.",
    ),
]
LibraryOption = Annotated[
    Path | None,
    typer.Option("--library", metavar="FOLDER", file_okay=False, help="Where the index is kept, if not in the folder."),
]


def open_library(folder: Path | None, at: Path | None) -> Library:
    """The library of a folder, or that at a place; of none named, that of the current folder or the nearest above it.

    Raises HearsightError when there is none.
    """
    from hearsight.library import Library

    if folder is None and at is None:
        folder = nearest_indexed_folder(Path.cwd())
    return Library.open(folder, at)


def nearest_indexed_folder(here: Path) -> Path:
    """The indexed folder that a folder is, or is in. Raises HearsightError if there is none."""
    for folder in (here, *here.parents):
        if (folder / HIDDEN / "library.json").is_file():
            return folder
    raise HearsightError(
        f"{here} is not indexed, nor is a folder above it; name one that is, or run: hearsight index FOLDER"
    )


def check_model_exists(name: str) -> None:
    """Raises HearsightError if a library's model was a folder that is gone. Folders are recorded as absolute paths."""
    if Path(name).is_absolute() and not Path(name).is_dir():
        raise HearsightError(
            f"the index was made with the model in {name}, which is gone; put it back, or say where it is now: "
            "hearsight index FOLDER --model PLACE"
        )


def absolute_model_name(name: str) -> str:
    """A model's name as it can be loaded by from any other folder."""
    path = Path(name).expanduser()
    return str(path.resolve()) if name != "demo" and path.is_dir() else name
