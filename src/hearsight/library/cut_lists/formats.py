"""The formats of cut lists, and writing one to a file."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hearsight.errors import HearsightError
from hearsight.library.cut_lists.edl import to_edl
from hearsight.library.cut_lists.fcpxml import to_fcpxml
from hearsight.library.cut_lists.otio import to_otio
from hearsight.library.cut_lists.spreadsheet import to_csv
from hearsight.library.results import SearchResult
from hearsight.util.atomic import write_atomic

Format = Literal["json", "csv", "edl", "fcpxml", "otio"]


@dataclass(frozen=True)
class CutListFormat:
    """A format of cut lists.

    media_type: for a browser. write: makes the text of a file. is_timeline: whether it has places for videos only: then
    pictures, which have no length, are left out.
    """

    media_type: str
    write: Callable[[SearchResult], str]
    is_timeline: bool = False


FORMATS: dict[Format, CutListFormat] = {
    "json": CutListFormat("application/json", lambda result: json.dumps(result.to_dict(), indent=2)),
    "csv": CutListFormat("text/csv", to_csv),
    "edl": CutListFormat("text/plain", to_edl, is_timeline=True),
    "fcpxml": CutListFormat("application/xml", to_fcpxml, is_timeline=True),
    "otio": CutListFormat("application/vnd.pixar.opentimelineio+json", to_otio, is_timeline=True),
}


def check_cut_list(path: Path, overwrite: bool = False) -> Format:
    """Return the format of a cut list that is to be written, which its suffix names.

    Raises HearsightError for another suffix, a folder that does not exist, and for a file that does, unless `overwrite`
    is set.
    """
    suffix = path.suffix.lower().removeprefix(".")
    if suffix not in FORMATS:
        suffixes = " ".join(f".{name}" for name in FORMATS)
        raise HearsightError(f"cannot save {path}: its suffix is no format of cut lists; give one of {suffixes}")
    if not path.parent.is_dir():
        raise HearsightError(f"cannot save {path}: there is no folder {path.parent}; make it, or give another")
    if path.exists() and not overwrite:
        raise HearsightError(f"cannot save {path}: it exists; give another name, or overwrite it with --overwrite")
    return suffix


def save_cut_list(result: SearchResult, path: str | Path, overwrite: bool = False) -> int:
    """Write the hits of a search to a file; its suffix is one of FORMATS. Return how many it has.

    A timeline has those that are no pictures.
    Raises HearsightError as `check_cut_list` does, if only pictures are found, and where the file cannot be written.
    """
    path = Path(path)
    format = FORMATS[check_cut_list(path, overwrite)]
    pictures = sum(hit.is_picture for hit in result.hits) if format.is_timeline else 0
    if pictures and pictures == len(result.hits):
        raise HearsightError(
            f"cannot save {path}: it has places for videos, and only pictures are found; save as .csv or .json, or "
            "copy the pictures with --save-clips FOLDER"
        )
    text = format.write(result)
    try:
        write_atomic(path, text)
    except OSError as error:
        raise HearsightError(
            f"cannot save {path}: {error.strerror}; make room or get permission there, or save elsewhere"
        ) from error
    return len(result.hits) - pictures
