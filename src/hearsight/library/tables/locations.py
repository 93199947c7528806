"""Locations of folders of videos and of their indexes, as absolute paths."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.util.object_store import SCHEMES, ObjectPath, as_path

HIDDEN = ".hearsight"  # the default folder of a library, inside that of its videos
UNUSABLE = re.compile(r"[?\x00-\x1f\x7f\ud800-\udfff]")  # LanceDB reads a path as an address, in UTF-8


def absolute(path: Path) -> Path:
    """Return an absolute path. Links are resolved only in paths with `..`."""
    with suppress(RuntimeError):  # no such user: the folder's name begins with a tilde
        path = path.expanduser()
    return path.resolve() if ".." in path.parts else path.absolute()


def absolute_location(location: str | Path) -> Path:
    """Return the absolute folder of an index. Raises HearsightError for an object store, which has no locks."""
    if str(address := ObjectPath(location)).startswith(SCHEMES):  # a Path keeps one slash of the scheme's two
        raise HearsightError(f"no index can be kept in an object store ({address}); give a folder on a disk: --library")
    return absolute(Path(location))


def default_location(folder: Path) -> Path:
    """Return the default folder of a folder's index. Raises HearsightError for an object store."""
    if isinstance(folder, ObjectPath):
        raise HearsightError(f"the index of {folder} needs a place on a disk: say where, with --library FOLDER")
    return folder / HIDDEN


def relative_folder(location: Path, folder: Path) -> str:
    """Return what `Identity.folder` records for an absolute folder."""
    real_location, real_folder = location.resolve(), folder.resolve()
    if real_location.is_relative_to(real_folder):
        return "/".join([".."] * len(real_location.relative_to(real_folder).parts))
    return str(folder)


def absolute_folder(location: Path, folder: str) -> Path:
    """Return the absolute folder of the videos whose index at `location` records `folder` (`Identity.folder`)."""
    path = as_path(folder)
    if isinstance(path, ObjectPath):
        return path
    return Path(os.path.normpath(location.resolve() / folder))


def index_folder(folder: Path) -> Path:
    """Return the folder of an index: the given one, or the `.hearsight` in it if only that holds an index."""
    hidden = folder / HIDDEN
    return hidden if has_index(hidden) and not has_index(folder) else folder


def has_index(folder: Path) -> bool:
    """Return whether a folder holds an index."""
    return (folder / "library.json").is_file()


def resolve_paths(folder: str | Path, location: str | Path | None) -> tuple[Path, Path]:
    """Return a folder of videos and the folder of its index, both absolute.

    Raises HearsightError if there is no such folder, or if no index can be kept there.
    """
    folder = absolute(folder if isinstance(folder, Path) else as_path(folder))
    location = default_location(folder) if location is None else absolute_location(location)
    if not folder.is_dir():
        raise HearsightError(f"no folder {folder}; give the folder that has the videos")
    if location.resolve() == folder.resolve():
        raise HearsightError(f"{location} has the videos; give --library a folder of its own, or leave it out")
    if bad := UNUSABLE.search(str(location)):
        raise HearsightError(
            f"no index can be kept at {str(location)!r}, for the character {bad[0]!r} in it; "
            "keep it elsewhere (--library FOLDER), or rename the folder"
        )
    return folder, location
