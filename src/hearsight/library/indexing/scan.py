"""Finding the media files of a folder."""

from __future__ import annotations

import errno
import os
import stat
from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from hearsight.errors import HearsightError
from hearsight.media.probe import MEDIA_SUFFIXES
from hearsight.media.sidecars import Sidecar, sidecars_by_stem
from hearsight.util.object_store import ObjectPath

if TYPE_CHECKING:
    from pyarrow.fs import FileInfo


@dataclass(frozen=True)
class MediaEntry:
    """A file. path: inside the folder, with forward slashes. stat: differs when the file or its subtitles change.

    side_cars: its subtitle files that may be read; others count from when they may.
    """

    path: str
    file: Path
    size: int
    stat: str
    side_cars: tuple[Path, ...]


@dataclass
class Scan:
    """failed: what looks like a file but cannot be used, by path, with the reason. closed: folders and files that are
    there and cannot be looked into. away: folders that are empty, and links that lead nowhere: perhaps to a disk that
    is not mounted.
    """

    files: list[MediaEntry] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    closed: list[str] = field(default_factory=list)
    away: list[str] = field(default_factory=list)


def walk(folder: Path, exclude: Path) -> Scan:
    """Every media file in a folder and those below, once each; hidden ones and the folder `exclude` are left out.

    Symbolic links are followed after everything that can be reached without them, and only to what was not yet seen:
    a loop ends, and a file keeps the name that it has without links. Costs one stat a file (and three looks at each
    of its subtitle files), none for others.
    """
    scan = Scan()
    looking = _list(folder, scan) if isinstance(folder, ObjectPath) else _look(folder, exclude, scan)
    for _ in looking:
        pass
    scan.files.sort(key=lambda file: file.path)
    return scan


def has_media(folder: Path, exclude: Path) -> bool:
    """Whether a walk would find anything. On a disk it goes no further than that; an object store lists all at once."""
    scan = Scan()
    looking = _list(folder, scan) if isinstance(folder, ObjectPath) else _look(folder, exclude, scan)
    return any(scan.files or scan.failed for _ in looking)


def check_media(folder: Path, location: Path) -> None:
    """Raise HearsightError if a folder has nothing to index: before a model is loaded or an index is replaced."""
    if not has_media(folder, exclude=location):
        raise HearsightError(f"no video or sound file in {folder}; give the folder that has them")


def _look(folder: Path, exclude: Path, scan: Scan) -> Iterator[None]:
    """Add to the scan, one file or folder a step."""
    seen: set[str] = {os.path.realpath(exclude)}
    folders, links = deque([str(folder)]), deque[str]()
    files_by_link: list[tuple[os.DirEntry[str], list[Sidecar]]] = []
    while folders or links:
        here = folders.popleft() if folders else links.popleft()
        if (real := os.path.realpath(here)) in seen:
            continue
        seen.add(real)
        entries = _entries(folder, here, scan)
        side_cars = sidecars_by_stem(entry.name for entry in entries)
        for entry in entries:
            stem, dot, suffix = entry.name.rpartition(".")
            sidecars = side_cars.get(stem, [])
            if _is_folder(entry):
                (links if entry.is_symlink() else folders).append(entry.path)
            elif not dot or f".{suffix.lower()}" not in MEDIA_SUFFIXES:
                if entry.is_symlink() and not Path(entry.path).exists():
                    scan.away.append(_inside(folder, entry.path))
            elif entry.is_symlink():
                files_by_link.append((entry, sidecars))
            else:
                seen.add(f"{real.rstrip(os.sep)}{os.sep}{entry.name}")
                _add(folder, entry, sidecars, scan)
                yield
        yield
    for entry, sidecars in files_by_link:
        if (real := os.path.realpath(entry.path)) not in seen:
            seen.add(real)
            _add(folder, entry, sidecars, scan)
            yield


def _list(folder: ObjectPath, scan: Scan) -> Iterator[None]:
    """The same in an object store, which has no links and lists all that is below a folder at once."""
    folders: defaultdict[PurePath, dict[str, tuple[ObjectPath, FileInfo]]] = defaultdict(dict)
    for file, info in folder.list_files():
        path = file.relative_to(folder)
        if not any(part.startswith(".") for part in path.parts):
            folders[path.parent][path.name] = file, info
    for here, files in folders.items():
        side_cars = sidecars_by_stem(files)
        for name, (file, info) in files.items():
            if Path(name).suffix.lower() not in MEDIA_SUFFIXES:
                continue
            sidecars = [files[side_car.name] for side_car in side_cars.get(Path(name).stem, [])]
            stamps = [f"{info.size}:{info.mtime_ns}", *(f"{one.name}:{it.size}:{it.mtime_ns}" for one, it in sidecars)]
            scan.files.append(
                MediaEntry(
                    (here / name).as_posix(), file, info.size, "|".join(stamps), tuple(one for one, _ in sidecars)
                )
            )
            yield


def _entries(folder: Path, here: str, scan: Scan) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(here) as entered:
            entries = list(entered)
    except OSError as error:
        name = _inside(folder, here)
        scan.failed[name] = f"{error.strerror}; check the folder's permissions"
        scan.closed.append(name)
        return []
    if not entries:
        scan.away.append(_inside(folder, here))
    return sorted((entry for entry in entries if entry.name[0] != "."), key=lambda entry: entry.name)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _add(folder: Path, entry: os.DirEntry[str], sidecars: list[Sidecar], scan: Scan) -> None:
    name, file = _inside(folder, entry.path), Path(entry.path)
    try:
        name.encode()
        status = entry.stat()
        named = [file.with_name(side_car.name) for side_car in sidecars]
        side_cars = tuple(each for each in named if each.is_file() and os.access(each, os.R_OK))
        stamps = [_stamp(status), *(f"{subtitles.name}:{_stamp(subtitles.stat())}" for subtitles in side_cars)]
    except UnicodeEncodeError:
        shown = os.fsencode(name).decode("utf-8", "backslashreplace")
        scan.failed[shown] = "its name is not valid text (UTF-8); rename it"
    except OSError as error:
        gone = "there is no such file; is it a broken link, or just moved?"
        scan.failed[name] = gone if error.errno == errno.ENOENT else f"{error.strerror}; check its permissions"
        scan.closed.append(name)
    else:
        if stat.S_ISREG(status.st_mode):
            scan.files.append(MediaEntry(name, file, status.st_size, "|".join(stamps), side_cars))
        else:
            scan.failed[name] = "not a regular file; take it away"


def _stamp(status: os.stat_result) -> str:
    return f"{status.st_size}:{status.st_mtime_ns}"


def _inside(folder: Path, path: str) -> str:
    """As `Path.relative_to`, which would take as long as all else that is done for a file."""
    return path[len(str(folder)) :].strip(os.sep).replace(os.sep, "/") or "."
