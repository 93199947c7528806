"""Covers and thumbnails are told from photos by their names."""

from pathlib import PurePath

import pytest

from hearsight.media.artwork import is_artwork, is_preview_folder

STEMS = {"film", "01 song"}


@pytest.mark.parametrize(
    "name",
    [
        "cover", "Folder", "POSTER", "fanart", "fanart2", "AlbumArtSmall", "AlbumArt_{0A1B}_Large", "thumb",
        "backdrop1", "film-thumb", "Film-Poster", "film-fanart1", "film-landscape", "01 song-cover", "season01-poster",
        "season-specials-banner",
    ],
)  # fmt: skip
def test_artwork(name):
    assert is_artwork(name, STEMS)


@pytest.mark.parametrize(
    "name",
    [
        "IMG_1234", "film", "discovery", "undercover", "poster session", "concert-poster", "sunset-landscape", "logo",
        "folder of leaves", "thumbs up", "covers", "film2-thumb", "2019-05-17", "",
    ],
)  # fmt: skip
def test_photos(name):
    assert not is_artwork(name, STEMS)


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("holiday", False),
        (".", False),
        ("holiday/@eaDir/IMG_1.jpg", True),
        ("__MACOSX/holiday", True),
        ("Films/Film/extrafanart", True),
        ("Films/film.trickplay/320 - 10x10", True),
        ("Catalogue Previews.lrdata/A", True),
        ("Photos Library.photoslibrary/originals/A", False),
        ("Photos Library.photoslibrary/resources/derivatives/A", True),
        ("Photos Library.photoslibrary", True),
    ],
)
def test_folders_of_previews(folder, expected):
    assert is_preview_folder(PurePath(folder)) == expected
