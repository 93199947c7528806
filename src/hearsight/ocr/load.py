"""The readers of text in pictures, by name."""

from __future__ import annotations

from functools import cache

from hearsight.errors import HearsightError
from hearsight.ocr.picture_reader import PictureReader
from hearsight.util.extras import install_command

RAPIDOCR, NONE = "rapidocr", "none"


@cache
def load_reader(name: str) -> PictureReader:
    """Return the reader of a name, loaded once.

    Raises HearsightError for an unknown name, and for one whose package is not installed.
    """
    if name != RAPIDOCR:
        raise HearsightError(
            f"no reader of text in pictures is called '{name}'; choose {RAPIDOCR}, with: hearsight index FOLDER --read"
        )
    try:
        from hearsight.ocr.rapidocr import RapidOcr
    except ImportError as error:  # OpenCV is missing, or what it needs of the system
        raise HearsightError(
            f"cannot read text in pictures: {error}; install what it needs: {install_command('ocr')}; or index with "
            "--no-read"
        ) from error
    return RapidOcr()


def recorded_reader(name: str | None) -> PictureReader | None:
    """Return the reader of a library that records this name; None for none."""
    return None if name in (None, NONE) else load_reader(str(name))
