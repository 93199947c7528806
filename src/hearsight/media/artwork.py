"""Tell photos from the pictures that programs put beside media: covers, posters and thumbnails.

In doubt, a picture is a photo. A name that is nothing but a word such as cover is enough (cover.jpg, fanart2.png).
After a dash, the word counts only if the name of a file beside it (film-thumb.jpg), or of a season, is before the dash.
"""

from __future__ import annotations

import re
from collections.abc import Set
from itertools import pairwise
from pathlib import PurePath

ALONE = re.compile(
    r"(albumart(small|_\{.*)?|backdrop|clearart|clearlogo|cover|discart|fanart|folder|keyart|poster|thumb|thumbnail)"
    r"[ _-]?\d*",
    re.ASCII,
)
AFTER_DASH = re.compile(
    r"(.*)-(backdrop|banner|clearart|clearlogo|cover|disc|discart|fanart|keyart|landscape|logo|poster|thumb|thumbnail)\d*"
)
SEASON = re.compile(r"season[ -]?(\d+|all|specials)", re.ASCII)
# Folders of previews: of Synology, of macOS's archives, of Kodi and Jellyfin, of photo programs.
FOLDERS = frozenset(
    ["#recycle", "$recycle.bin", "@eadir", "__macosx", "extrafanart", "extrathumbs", "thumbnails", "thumbs"]
)
FOLDER_ENDS = (".lrdata", ".trickplay")
# A library of Apple's Photos: the photos are in one of these folders, and smaller copies in others.
PHOTO_LIBRARY, ORIGINALS = ".photoslibrary", ("originals", "masters")


def is_artwork(stem: str, stems: Set[str]) -> bool:
    """Return whether a picture is no photo, by its name without suffix.

    stems: the names, without suffixes and in lower case, of the media files beside it.
    """
    name = stem.casefold()
    if ALONE.fullmatch(name):
        return True
    match = AFTER_DASH.fullmatch(name)
    return bool(match and (match[1] in stems or SEASON.fullmatch(match[1])))


def is_preview_folder(folder: PurePath) -> bool:
    """Return whether a folder, or one above it, is one in which programs keep previews."""
    names = [name.casefold() for name in folder.parts]
    for name, inner in pairwise([*names, ""]):
        if name in FOLDERS or name.endswith(FOLDER_ENDS):
            return True
        if name.endswith(PHOTO_LIBRARY) and inner not in ORIGINALS:
            return True
    return False
