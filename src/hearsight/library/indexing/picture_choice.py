"""Choose the pictures of a folder that are indexed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath
from typing import Literal

from hearsight.library.tables.library_json import Identity
from hearsight.media.artwork import is_artwork, is_preview_folder
from hearsight.media.pictures import is_picture, reads_heif
from hearsight.media.suffixes import HEIF_SUFFIXES, MEDIA_SUFFIXES

# Why a picture is left out: it is no photo by its name; no pictures are wanted; its format cannot be read here.
LeftOut = Literal["artwork", "pictures", "heif"]


class PictureChoice:
    """Chooses the pictures of one folder.

    folder: inside the folder that is indexed. names: of its files. pictures: whether any are wanted.
    """

    def __init__(self, folder: PurePath, names: Iterable[str], pictures: bool) -> None:
        paths = [PurePath(name) for name in names]
        self._stems = {path.stem.casefold() for path in paths if path.suffix.lower() in MEDIA_SUFFIXES}
        self._has_previews = is_preview_folder(folder)
        self._pictures = pictures

    def reason(self, name: str) -> LeftOut | None:
        """Return why a file is left out; None for one that is indexed, and for what is no picture."""
        path = PurePath(name)
        if not is_picture(path):
            return None
        if self._has_previews or is_artwork(path.stem, self._stems):
            return "artwork"
        if not self._pictures:
            return "pictures"
        return "heif" if path.suffix.lower() in HEIF_SUFFIXES and not reads_heif() else None


def wants_pictures(recorded: Identity | None, rebuild: bool, pictures: bool | None) -> bool:
    """Return whether a library is to have pictures.

    recorded: what the existing index was made with. pictures: what a person has chosen. A new index has them. An older
    one, from before pictures were indexed, does not get thousands of them without being asked.
    """
    if pictures is not None:
        return pictures
    if recorded is None or (rebuild and recorded.pictures is None):
        return True
    return bool(recorded.pictures)
