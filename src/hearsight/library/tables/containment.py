"""Keep an index inside its folder, whoever made it: docs/security.md says what is promised.

An index may come with a stranger's folder. Its links could lead to any file of the reader, which an update would then
overwrite or delete, and its tables can name files elsewhere, too. What is checked here is checked when an index is
opened, before anything in it is read or written.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.library.tables.library_files import PARTS, WORKING_FILES

# Files that are written in place. Another name of the same file, a hard link, would be written with them.
WRITTEN_IN_PLACE = ("update.lock", "*.attempts")
LARGEST_JSON = 4 << 20  # bytes; the largest of a real library has some thousand
LARGEST_MANIFEST = 256 << 20
# Lance's manifests are protocol buffers. This field has folders elsewhere in which the files of a table are, which
# only a table has that was cloned from another one. Any encoding of its key matches.
BASE_PATHS = 18
BASE_PATHS_KEY = re.compile(rb"\x92[\x01\x81]")
FOOTER = 16  # bytes at the end of a manifest: where its message is (8), its version, and four letters


def check_contained(location: Path) -> None:
    """Raise HearsightError for an index with links, special files, or tables whose files are elsewhere.

    location: the folder of the index, which may be a link itself, and may not exist. What an index has not written is
    left alone. A link that is made after this check, while the index is used, is not noticed.
    """
    for entry in _entries(location):
        if entry.is_symlink() or not (entry.is_file(follow_symlinks=False) or entry.is_dir(follow_symlinks=False)):
            kind = "a link" if entry.is_symlink() else "neither a file nor a folder"
            raise _refusal(location, entry, f"is {kind}")
        if any(fnmatch(entry.name, name) for name in WRITTEN_IN_PLACE) and entry.stat().st_nlink > 1:
            raise _refusal(location, entry, "is a hard link, and so another file, too")
        if entry.name.endswith(".manifest") and _names_other_folders(Path(entry.path)):
            raise _refusal(location, entry, "names files in other folders, or more of them than any index has")


def read_text(file: Path, largest: int = LARGEST_JSON) -> str:
    """Read a text in UTF-8. Raises ValueError for a file of more bytes than any that Hearsight has written."""
    with file.open("rb") as opened:
        content = opened.read(largest + 1)
    if len(content) > largest:
        raise ValueError(f"{file.name} has more than {largest >> 20} MB")
    return content.decode("utf-8")


def _entries(location: Path) -> Iterator[os.DirEntry[str]]:
    """Yield everything that is below an index and has the name of one of its parts, or is in one. Follows no links."""
    folders = [str(location)]
    names = (*PARTS, *WORKING_FILES)
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    if folder == str(location) and not any(fnmatch(entry.name, name) for name in names):
                        continue
                    yield entry
                    if entry.is_dir(follow_symlinks=False):
                        folders.append(entry.path)
        except OSError:  # what reads it says why it cannot be read
            continue


def _refusal(location: Path, entry: os.DirEntry[str], what: str) -> HearsightError:
    path = os.path.relpath(entry.path, location)
    return HearsightError(
        f"the index at {location} is not used: {path} in it {what}, so that files outside of it could be read or "
        f"overwritten; remove that, or remove {location} and index again"
    )


def _names_other_folders(manifest: Path) -> bool:
    """Return whether a manifest of Lance has base paths, or is too large to look.

    What cannot be read or parsed is damaged, and Lance refuses it.
    """
    try:
        with manifest.open("rb") as file:
            file.seek(-FOOTER, os.SEEK_END)
            file.seek(int.from_bytes(file.read(8), "little"))
            length = int.from_bytes(file.read(4), "little")
            message = file.read(min(length, LARGEST_MANIFEST))
        if not BASE_PATHS_KEY.search(message):
            return length > LARGEST_MANIFEST
        return any(number == BASE_PATHS for number in _field_numbers(message))
    except (OSError, ValueError, OverflowError, IndexError):
        return False


def _field_numbers(message: bytes) -> Iterator[int]:
    """Yield the number of each field of a message in the format of protocol buffers, without those of its parts."""
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        yield key >> 3
        match key & 7:
            case 0:
                _, position = _varint(message, position)
            case 1:
                position += 8
            case 2:
                length, position = _varint(message, position)
                position += length
            case 5:
                position += 4
            case kind:
                raise ValueError(f"no field is of the kind {kind}")


def _varint(message: bytes, position: int) -> tuple[int, int]:
    """Return the number that begins at a position, seven bits a byte, and the position after it."""
    number = shift = 0
    while True:
        byte = message[position]
        number |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return number, position
