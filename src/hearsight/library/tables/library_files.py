"""The files of a library on disk: their sizes, and removing them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Set
from contextlib import suppress
from pathlib import Path

from hearsight.errors import HearsightError

# The files of a library, except transcripts. library.json completes its creation, and is the first to be removed.
PARTS = (
    "library.json",
    "videos.lance",
    "clips*.lance",
    "failures.lance",
    "features*.lance",
    "windows-*.lance",
    "texts.lance",
    "calibration.json",
)
WORKING_FILES = (
    "calibration.json",
    "calibration.json.part",
    "update.lock",
    "update.json",
    "update.json.part",
    "library.json.part",
    "transcripts",
)
TRANSCRIPTS = ("*.json", "*.json.part", "*.attempts")  # what updates write into the folder of transcripts


def folder_size(folder: Path) -> int:
    """Return the bytes of the files in a folder. They may come and go meanwhile."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += Path(parent, name).stat().st_size
    return total


def stamp(file: Path) -> tuple[int, int] | None:
    """Return what changes whenever a file is written anew; None while it is missing."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns


def remove(path: Path) -> None:
    """Remove a file, or a folder with its contents."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def clear(location: Path, rebuild: bool) -> None:
    """Remove the remains of a library before a new one is created. Raises what `check_free` raises."""
    check_free(location, rebuild)
    for part in PARTS:
        for path in location.glob(part):
            remove(path)
    clear_transcripts(location / "transcripts")


def check_free(location: Path, rebuild: bool) -> None:
    """Raise HearsightError for a folder with other files or, unless it is rebuilt, with clips of a lost library."""
    if not location.is_dir() or (location / "library.json").exists():
        return
    expected = {path for name in (*PARTS, *WORKING_FILES) for path in location.glob(name)}
    foreign = [path for path in location.iterdir() if path not in expected and path.name[0] != "."]
    transcripts = {path for name in TRANSCRIPTS for path in (location / "transcripts").glob(name)}
    foreign += [path for path in (location / "transcripts").glob("*") if path not in transcripts]
    if foreign:
        raise HearsightError(
            f"{location} contains other files ({min(foreign).name}); keep the library in a folder of its own "
            "(--library)"
        )
    if not rebuild and any(location.glob("clips*.lance/data/*")):
        raise HearsightError(
            f"there are clips of a library in {location}, and its library.json is gone; put that back, or make the "
            "library anew with --rebuild"
        )


def clear_transcripts(folder: Path, exclude: Set[str] = frozenset()) -> None:
    """Remove the transcripts of unfinished files. exclude: ids of videos whose transcripts stay."""
    for name in TRANSCRIPTS:
        for path in folder.glob(name):
            if path.name.partition(".")[0] not in exclude:
                path.unlink(missing_ok=True)
