"""Cuts the hits of a search out of their files."""

from __future__ import annotations

from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.library.results import Hit, SearchResult
from hearsight.media.excerpt import copy_file, write_excerpt

FORBIDDEN = '\\/:*?"<>|'  # in file names of one system or another
MAX_NAME_BYTES = 120


def save_clips(
    result: SearchResult, folder: str | Path, exact: bool = False, overwrite: bool = False
) -> list[tuple[Hit, Path | HearsightError]]:
    """Write each hit, from start to end, to a file in a folder, which is created if it does not exist.

    Its sound is the track that was searched. A picture is copied.

    Returns each hit with its file or, for one that cannot be cut, the error. exact: see `write_excerpt`.
    Raises HearsightError if the folder cannot be created.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise HearsightError(
            f"cannot make the folder {folder}: {error.strerror}; get permission there, or name another one"
        ) from error
    digits = len(str(max((hit.rank for hit in result.hits), default=0)))
    outcomes: list[tuple[Hit, Path | HearsightError]] = []
    for hit in result.hits:
        target = folder / f"{hit.rank:0{max(digits, 2)}}-{clip_name(hit)}"
        try:
            if hit.is_picture:
                outcomes.append((hit, copy_file(hit.video, target, overwrite)))
            else:
                outcomes.append(
                    (hit, write_excerpt(hit.video, hit.start, hit.end, target, exact, overwrite, hit.audio_track))
                )
        except HearsightError as error:
            outcomes.append((hit, error))
    return outcomes


def clip_name(hit: Hit) -> str:
    """Return a name for the file of a hit, without a suffix: sea-1m15s. Every file system can store it.

    That of a picture has no time.
    """
    stem = "".join(char if char.isprintable() and char not in FORBIDDEN else "_" for char in hit.path.stem)
    stem = stem.encode(errors="replace")[:MAX_NAME_BYTES].decode(errors="ignore").strip(" .")
    if hit.is_picture:
        return stem or "picture"
    minutes, seconds = divmod(int(hit.start), 60)
    hours, minutes = divmod(minutes, 60)
    time = f"{hours}h{minutes:02}m{seconds:02}s" if hours else f"{minutes}m{seconds:02}s"
    return f"{stem or 'clip'}-{time}"
