"""What a server tells beside what a library tells (`hearsight.library.results`). Imported without FastAPI."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hearsight.library.results import ClipDetails, LibraryInfo
from hearsight.web.updates import UpdateState

# Of a file of what was found.
Format = Literal["json", "csv", "edl", "fcpxml"]


@dataclass(frozen=True)
class Status:
    """ready: the model is loaded; until then, what needs it waits."""

    version: str
    ready: bool
    model: str
    libraries: list[str]


@dataclass(frozen=True)
class LibraryState:
    """name: of the folder. folders: those below it that have videos, for the filter `path`."""

    name: str
    info: LibraryInfo
    folders: list[str]
    update: UpdateState


@dataclass(frozen=True)
class PlayableClip(ClipDetails):
    """media_type: by which a browser can tell whether it plays the file."""

    media_type: str
