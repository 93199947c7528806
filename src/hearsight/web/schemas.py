"""Answers that only a server gives, besides those in `hearsight.library.results`. Imported without FastAPI."""

from __future__ import annotations

from dataclasses import dataclass

from hearsight.library.results import ClipDetails, LibraryInfo
from hearsight.web.updates import UpdateState


@dataclass(frozen=True)
class Status:
    """The state of a server. ready: whether the model is loaded; requests that need the model wait until then."""

    version: str
    ready: bool
    model: str
    libraries: list[str]


@dataclass(frozen=True)
class LibraryState:
    """A library. name: in the API. folders: subfolders that contain videos, for the filter `path`."""

    name: str
    info: LibraryInfo
    folders: list[str]
    update: UpdateState


@dataclass(frozen=True)
class PlayableClip(ClipDetails):
    """A clip. media_type: of its file; tells a browser whether it can play it."""

    media_type: str
