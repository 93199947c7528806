"""Find the media files of a folder: videos, sounds and pictures."""

from __future__ import annotations

import errno
import os
import stat
from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from hearsight.errors import HearsightError
from hearsight.library.indexing.picture_choice import LeftOut, PictureChoice
from hearsight.media.sidecars import FOLDERS, SUFFIXES, Sidecar, nested_names, sidecars_by_stem
from hearsight.media.suffixes import AMBIGUOUS_SUFFIXES, MEDIA_SUFFIXES, PICTURE_SUFFIXES
from hearsight.util.object_store import ObjectPath

if TYPE_CHECKING:
    from pyarrow.fs import FileInfo


LOOKED_INTO = 512  # bytes
INDEXED_SUFFIXES = MEDIA_SUFFIXES | PICTURE_SUFFIXES


@dataclass(frozen=True)
class MediaEntry:
    """A media file. path: inside the folder, with forward slashes. stat: changes with the file or its subtitles.

    sidecars: its readable subtitle files; unreadable ones count as soon as they become readable.
    """

    path: str
    file: Path
    size: int
    stat: str
    sidecars: tuple[Path, ...]


@dataclass
class Scan:
    """The media files of a folder, and the paths that cannot be used.

    failed: reasons by path. unreadable: existing folders and files that cannot be opened. empty_or_missing: empty
    folders and broken links, which may belong to a disk that is not mounted. others: the number of files that are no
    media and no subtitles, by suffix. left_out: the number of pictures that are not indexed, by the reason.
    """

    files: list[MediaEntry] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)
    empty_or_missing: list[str] = field(default_factory=list)
    others: Counter[str] = field(default_factory=Counter)
    left_out: Counter[LeftOut] = field(default_factory=Counter)


def walk(folder: Path, exclude: Path, pictures: bool = True) -> Scan:
    """List every media file in a folder and below it once, except hidden ones and those in the folder `exclude`.

    pictures: whether to list pictures; see picture_choice.py for those that are left out all the same.

    Symbolic links are followed last, and only to files and folders not seen so far: a loop ends, and a file keeps the
    name that it has without links. Costs one stat for each media file (and three calls for each of its subtitle
    files), none for other files.
    """
    scan = Scan()
    for _ in _steps(folder, exclude, scan, pictures):
        pass
    scan.files.sort(key=lambda file: file.path)
    return scan


def has_media(folder: Path, exclude: Path, pictures: bool = True) -> bool:
    """Return whether a folder has media files. On a disk this stops at the first; an object store lists all at once."""
    scan = Scan()
    return any(scan.files or scan.failed for _ in _steps(folder, exclude, scan, pictures))


def check_media(folder: Path, location: Path, pictures: bool = True) -> None:
    """Raise HearsightError if a folder has nothing to index, before a model is loaded or an index is replaced."""
    if not has_media(folder, location, pictures):
        raise no_media_error(folder, pictures)


def no_media_error(folder: Path, pictures: bool) -> HearsightError:
    """Return the error for a folder that has nothing to index."""
    what = "no video, sound or picture" if pictures else "no video or sound file"
    return HearsightError(f"{what} in {folder}; give the folder that has them")


def _steps(folder: Path, exclude: Path, scan: Scan, pictures: bool) -> Iterator[None]:
    """Add the files of a folder to the scan, a few a step, so that a caller may stop early."""
    if isinstance(folder, ObjectPath):
        return _scan_store(folder, scan, pictures)
    return _scan_disk(folder, exclude, scan, pictures)


def _scan_disk(folder: Path, exclude: Path, scan: Scan, pictures: bool) -> Iterator[None]:
    """Add the files on a disk to the scan, one file or folder a step."""
    seen: set[str] = {os.path.realpath(exclude)}
    folders, links = deque([str(folder)]), deque[str]()
    files_by_link: list[tuple[os.DirEntry[str], list[Sidecar]]] = []
    while folders or links:
        current = folders.popleft() if folders else links.popleft()
        if (real := os.path.realpath(current)) in seen:
            continue
        seen.add(real)
        entries = _entries(folder, current, scan)
        names = [entry.name for entry in entries]
        nested = nested_names(Path(current), [name for name in names if name.casefold() in FOLDERS])
        by_stem = sidecars_by_stem([*names, *nested])
        choice = PictureChoice(PurePath(_inside(folder, current)), names, pictures)
        for entry in entries:
            if _is_folder(entry):
                (links if entry.is_symlink() else folders).append(entry.path)
                continue
            sidecars = _sidecars(entry.name, by_stem)
            if reason := choice.reason(entry.name):
                _leave_out_picture(_inside(folder, entry.path), reason, scan)
            elif not _is_media(entry):
                if entry.is_symlink() and not Path(entry.path).exists():
                    scan.empty_or_missing.append(_inside(folder, entry.path))
                else:
                    _leave_out(entry.name, scan)
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


def _sidecars(name: str, by_stem: Mapping[str, list[Sidecar]]) -> list[Sidecar]:
    """Return the subtitle files of a file. A picture has none: those of its name are of a video beside it."""
    path = PurePath(name)
    return by_stem.get(path.stem, []) if path.suffix.lower() in MEDIA_SUFFIXES else []


def _scan_store(folder: ObjectPath, scan: Scan, pictures: bool) -> Iterator[None]:
    """Add the files in an object store, which has no links and lists everything below a folder at once."""
    folders: defaultdict[PurePath, dict[str, tuple[ObjectPath, FileInfo]]] = defaultdict(dict)
    for file, info in folder.list_files():
        path = file.relative_to(folder)
        if not any(part.startswith(".") for part in path.parts):
            folders[path.parent][path.name] = file, info
    nested: defaultdict[PurePath, dict[str, tuple[ObjectPath, FileInfo]]] = defaultdict(dict)
    for inner, files in folders.items():
        for above in inner, inner.parent:  # Subs, and Subs/FILM
            if above.name.casefold() in FOLDERS:
                names = {(inner / name).relative_to(above.parent).as_posix(): file for name, file in files.items()}
                nested[above.parent].update(names)
    for current, files in folders.items():
        files_and_nested = {**files, **nested[current]}
        by_stem = sidecars_by_stem(files_and_nested)
        choice = PictureChoice(current, files, pictures)
        for name, (file, info) in files.items():
            if reason := choice.reason(name):
                _leave_out_picture((current / name).as_posix(), reason, scan)
                continue
            if PurePath(name).suffix.lower() not in INDEXED_SUFFIXES:
                _leave_out(name, scan)
                continue
            sidecars = [files_and_nested[sidecar.name] for sidecar in _sidecars(name, by_stem)]
            stamps = [f"{info.size}:{info.mtime_ns}", *(f"{one.name}:{it.size}:{it.mtime_ns}" for one, it in sidecars)]
            scan.files.append(
                MediaEntry(
                    (current / name).as_posix(), file, info.size, "|".join(stamps), tuple(one for one, _ in sidecars)
                )
            )
            yield


def _entries(folder: Path, current: str, scan: Scan) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(current) as iterator:
            entries = list(iterator)
    except OSError as error:
        name = _inside(folder, current)
        scan.failed[name] = f"{error.strerror}; check the folder's permissions"
        scan.unreadable.append(name)
        return []
    if not entries:
        scan.empty_or_missing.append(_inside(folder, current))
    return sorted((entry for entry in entries if entry.name[0] != "."), key=lambda entry: entry.name)


def _leave_out(name: str, scan: Scan) -> None:
    suffix = PurePath(name).suffix.lower()
    if suffix not in SUFFIXES:
        scan.others[suffix] += 1


def _leave_out_picture(path: str, reason: LeftOut, scan: Scan) -> None:
    """Count a picture that is not indexed. An index that has it keeps it if only its format cannot be read here."""
    scan.left_out[reason] += 1
    if reason == "heif":
        scan.unreadable.append(path)


def _is_media(entry: os.DirEntry[str]) -> bool:
    """Return whether a file has the suffix of media; what has one that may be that of text is looked into."""
    suffix = PurePath(entry.name).suffix.lower()
    if suffix not in AMBIGUOUS_SUFFIXES:
        return suffix in INDEXED_SUFFIXES
    try:
        with Path(entry.path).open("rb") as file:
            beginning = file.read(LOOKED_INTO)
    except OSError:
        return True  # reading it tells what is wrong
    return not beginning or not _is_text(beginning)


def _is_text(data: bytes) -> bool:
    """Return whether bytes, which may end in the middle of a character, are text in UTF-8."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16
        return True
    return b"\0" not in data and len(data.decode("utf-8", "ignore").encode()) > len(data) - 4


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
        subtitle_files = [file.parent / sidecar.name for sidecar in sidecars]
        readable = tuple(each for each in subtitle_files if each.is_file() and os.access(each, os.R_OK))
        stamps = [_stamp(status), *(f"{subtitles.name}:{_stamp(subtitles.stat())}" for subtitles in readable)]
    except UnicodeEncodeError:
        printable = os.fsencode(name).decode("utf-8", "backslashreplace")
        scan.failed[printable] = "its name is not valid text (UTF-8); rename it"
    except OSError as error:
        missing = "the file does not exist; repair the link, or index again if it was just moved"
        scan.failed[name] = missing if error.errno == errno.ENOENT else f"{error.strerror}; check its permissions"
        scan.unreadable.append(name)
    else:
        if stat.S_ISREG(status.st_mode):
            scan.files.append(MediaEntry(name, file, status.st_size, "|".join(stamps), readable))
        else:
            scan.failed[name] = "not a regular file; remove it"


def _stamp(status: os.stat_result) -> str:
    return f"{status.st_size}:{status.st_mtime_ns}"


def _inside(folder: Path, path: str) -> str:
    """Return a path relative to a folder. `Path.relative_to` would take as long as all other work on a file."""
    return path[len(str(folder)) :].strip(os.sep).replace(os.sep, "/") or "."
