"""Write a part of a media file as a file of its own, or a copy of a whole one."""

from __future__ import annotations

import shutil
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.media.container import open_media, video_stream
from hearsight.media.copy_packets import copy_packets
from hearsight.media.encode_frames import encode_frames
from hearsight.media.file_checks import check_regular, read_error
from hearsight.media.output_file import OutputFile, UnsupportedFormatError, write_errors
from hearsight.media.track_choice import TrackChoice
from hearsight.util.atomic import atomic_file

# The formats that a copy keeps, by the suffix of the file. Others become Matroska, which holds every codec.
COPIED = {
    ".flac": "flac", ".m4a": "ipod", ".m4v": "mp4", ".mka": "matroska", ".mkv": "matroska", ".mov": "mov",
    ".mp3": "mp3", ".mp4": "mp4", ".oga": "ogg", ".ogg": "ogg", ".opus": "opus", ".wav": "wav", ".webm": "webm",
}  # fmt: skip


def write_excerpt(
    source: Path,
    start: float,
    end: float,
    target: Path,
    exact: bool = False,
    overwrite: bool = False,
    track: int | None = None,
) -> Path:
    """Write the part of a file from start to end, in seconds, and return the path of the new file.

    target: that path without its suffix. exact: encode the part anew, so that it begins and ends exactly; else it is
    copied, which takes no time, loses no quality and begins at a key frame. Only pictures and sound are written, of the
    streams that a player chooses. track: the number of the sound track to write in place of that one, from 1. No
    incomplete file is left.
    Raises HearsightError if the file cannot be read, has nothing in this part, exists, or cannot be written.
    """
    with open_media(source) as container:
        has_video = video_stream(container) is not None
    reason = ""
    for suffix, format in _formats(source, has_video, exact):
        path = target.with_name(target.name + suffix)
        if path.exists() and not overwrite:
            raise HearsightError(f"cannot write {path}: it exists; write to another folder, or pass --overwrite")
        try:
            with write_errors(path), atomic_file(path) as part, OutputFile(part, format, path) as output:
                (encode_frames if exact else copy_packets)(source, start, end, output, TrackChoice(track))
                if not output.packets:
                    what = f"no picture and no sound from {start:g} s to {end:g} s"
                    raise read_error(source, f"{what}; run hearsight index to bring the index up to date")
            return path
        except UnsupportedFormatError as error:
            reason = str(error)
    advice = "open it in an editing program" if exact else "try --exact"
    raise HearsightError(f"cannot cut {source}: {reason}; {advice}")


def copy_file(source: Path, target: Path, overwrite: bool = False) -> Path:
    """Copy a file, and return the path of the copy. target: that path without its suffix.

    Raises HearsightError if the file cannot be read, or the copy exists or cannot be written.
    """
    path = target.with_name(target.name + source.suffix.lower())
    if path.exists() and not overwrite:
        raise HearsightError(f"cannot write {path}: it exists; write to another folder, or pass --overwrite")
    check_regular(source)
    try:
        with source.open("rb") as original, atomic_file(path) as part, part.open("wb") as copy:
            shutil.copyfileobj(original, copy)
    except OSError as error:
        raise HearsightError(f"cannot copy {source} to {path}: {error.strerror}; check both disks") from error
    return path


def _formats(source: Path, has_video: bool, exact: bool) -> list[tuple[str, str]]:
    """Return the suffixes and formats to try, in order."""
    if exact:
        return [(".mp4", "mp4") if has_video else (".m4a", "ipod")]
    suffix = source.suffix.lower()
    same = [(suffix, COPIED[suffix])] if suffix in COPIED else []
    return [*same, (".mkv" if has_video else ".mka", "matroska")]
