"""Options and arguments that several commands share, and how they name a library and a model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hearsight.errors import HearsightError
from hearsight.library.tables.locations import HIDDEN, absolute, has_index, index_folder
from hearsight.util.object_store import ObjectPath, as_path
from hearsight.util.suggest import nearest

if TYPE_CHECKING:
    from hearsight.library import Collection, Library


def parse_folder(text: str) -> Path:
    """Return a folder on a disk, which must exist, or in an object store."""
    folder = as_path(text)
    if isinstance(folder, ObjectPath) or folder.is_dir():
        return folder
    raise typer.BadParameter(f"'{text}' is a file" if folder.exists() else f"the folder '{text}' does not exist")


def parse_library(text: str) -> Path:
    """Return the folder of an index: the folder itself, or the `.hearsight` in it if only that holds an index."""
    folder = absolute(Path(text))
    if folder.is_file():
        raise typer.BadParameter(f"'{text}' is a file")
    index = index_folder(folder)
    return Path(text) if index == folder else index


def parse_date(text: str) -> str:
    """Return the text of a year, month or day."""
    from hearsight.library.search.dates import beginning_of

    try:
        beginning_of(text)
    except HearsightError as error:
        raise typer.BadParameter(str(error)) from error
    return text


def parse_time(text: str) -> float:
    """Return a time in a file in seconds, from 90, 1:30 or 1:01:30."""
    match = re.fullmatch(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)", text.strip(), re.ASCII)
    if match is None:
        raise typer.BadParameter(f"cannot read the time '{text}'; give seconds, or as 1:30 or 1:02:03")
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return 3600 * hours + 60 * minutes + seconds


def one_of(*names: str) -> dict[str, Any]:
    """Return the settings of a typer.Option that accepts one of the names, and suggests the nearest for another."""

    def parse(text: str) -> str:
        if text in names:
            return text
        raise typer.BadParameter(f"'{text}' is not one of {', '.join(names)}{nearest(text, names)}")

    return {"parser": parse, "metavar": f"[{'|'.join(names)}]", "autocompletion": lambda: list(names)}


FolderArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="FOLDER",
        parser=parse_folder,
        help="The indexed folder. Default: the current one, or the nearest indexed folder above it.",
    ),
]
LibraryOption = Annotated[
    Path | None,
    typer.Option(
        "--library",
        metavar="FOLDER",
        parser=parse_library,
        help="The folder of the index, if it is not in the folder of the videos.",
    ),
]


def open_library(folder: Path | None, location: Path | None) -> Library:
    """Open the library of a folder, or at a location; by default that of the nearest indexed folder.

    Raises HearsightError when there is none.
    """
    from hearsight.library import Library

    if folder is None and location is None:
        folder = nearest_indexed_folder(Path.cwd())
    return Library.open(folder, location)


def open_libraries(folders: Sequence[Path], locations: Sequence[Path]) -> Library | Collection:
    """Open the library of one folder, or of several to be searched together.

    Raises HearsightError when one of them has no library, or they were made with different models.
    """
    if max(len(folders), len(locations)) <= 1:
        return open_library(next(iter(folders), None), next(iter(locations), None))
    if folders and locations and len(folders) != len(locations):
        raise HearsightError(
            f"--in is given {len(folders)} times and --library {len(locations)} times; an index knows its folder, so "
            "leave out --in"
        )
    from hearsight.library import Collection

    no_folders: Sequence[Path | None] = [None] * len(locations)
    return Collection.open(*(folders or no_folders), libraries=locations)


def nearest_indexed_folder(folder: Path) -> Path:
    """Return the folder, or the nearest above it, that has an index. Raises HearsightError if there is none."""
    for candidate in (folder, *folder.parents):
        if has_index(candidate / HIDDEN):
            return candidate
    raise HearsightError(
        f"{folder} is not indexed, and no folder above it is; name an indexed folder, or run: hearsight index FOLDER"
    )
