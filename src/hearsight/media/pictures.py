"""Read pictures: photos, scans and drawings, and animations, which are several pictures.

A picture has no time: it is a file of 0 seconds. Files are known by their suffixes, and formats by their contents.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from importlib.util import find_spec
from pathlib import Path, PurePath
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, UnidentifiedImageError

from hearsight.errors import HearsightError
from hearsight.media.file_checks import MOST_PIXELS, check_regular, read_error
from hearsight.media.suffixes import PICTURE_SUFFIXES

FORMATS = ("AVIF", "BMP", "GIF", "HEIF", "JPEG", "PNG", "TIFF", "WEBP")
ANIMATED = ("AVIF", "GIF", "PNG", "WEBP")  # the further pictures of others are pages, or what a camera computes with
# Of JPEG files, which are reduced while they are decoded: phones take photos of 200 million.
MOST_STORED_PIXELS = 250_000_000
REDUCED = ("JPEG", "MPO")  # MPO: a JPEG with another one behind it, such as the brightness of a phone's HDR photo
DATE = re.compile(r"(\d{4})[:./-](\d\d)[:./-](\d\d)[ T](\d\d):(\d\d)(?::(\d\d))?", re.ASCII)
OFFSET = re.compile(r"([+-])(\d\d):(\d\d)", re.ASCII)
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}  # by the orientation that a camera writes
SIDEWAYS = (5, 6, 7, 8)

Picture = NDArray[np.uint8]
_pixel_limit_lock = Lock()


@dataclass(frozen=True)
class PictureFacts:
    """What the head of a picture file says. width, height: of the upright picture. created: as in `MediaInfo`."""

    format: str
    width: int
    height: int
    created: float | None


def is_picture(path: PurePath) -> bool:
    """Return whether a file is called a picture."""
    return path.suffix.lower() in PICTURE_SUFFIXES


def reads_heif() -> bool:
    """Return whether pictures in HEIF, as phones take them, can be read: whether pi-heif is installed."""
    return find_spec("pi_heif") is not None


@cache
def load_formats() -> None:
    """Import what reads the formats, and hide the warnings of Pillow about damaged EXIF, which help nobody."""
    Image.init()
    warnings.filterwarnings("ignore", module=r"PIL\.")
    if reads_heif():
        import pi_heif

        pi_heif.register_heif_opener()


def describe_picture(path: Path) -> PictureFacts:
    """Describe a picture by its head. Raises HearsightError if it cannot be read, or is too large."""
    with open_picture(path) as image:
        width, height = image.size
        if _orientation(image) in SIDEWAYS:
            width, height = height, width
        return PictureFacts(str(image.format).lower(), width, height, _created(image))


def read_pictures(path: Path, count: int, short_side: int | None = None) -> list[Picture]:
    """Return the picture in a file; of an animation at most `count`, spread evenly, or the one in its middle.

    Pictures (H, W, 3) are upright, and on white where they are transparent. short_side: pixels that larger ones are
    reduced to. Raises HearsightError if the file cannot be read, is damaged or is too large.
    """
    with open_picture(path) as image:
        pictures = []
        for number in _frame_numbers(getattr(image, "n_frames", 1) if image.format in ANIMATED else 1, count):
            image.seek(number)
            pictures.append(upright_rgb(image, short_side, MOST_PIXELS))
        return pictures


def _frame_numbers(total: int, count: int) -> Sequence[int]:
    """Return which pictures of an animation of `total` are read, at most `count`."""
    if count == 1 or total == 1:
        return [total // 2]
    return range(total) if total <= count else np.linspace(0, total - 1, count).astype(int).tolist()


@contextmanager
def open_picture(path: Path) -> Iterator[Any]:
    """Open a picture (a `PIL.Image.Image`). What fails while it is in use becomes a HearsightError, too."""
    check_regular(path)
    load_formats()
    try:
        with path.open("rb") as file:
            with _without_pixel_limit():
                image = Image.open(file, formats=FORMATS)
            with image:
                _check_size(path, image)
                yield image
    except (HearsightError, MemoryError):
        raise
    except PermissionError as error:
        raise read_error(path, "no permission to read it; change its permissions") from error
    except UnidentifiedImageError as error:
        raise read_error(path, "damaged, or not a picture; replace or remove it") from error
    except Image.DecompressionBombError as error:
        raise _too_large(path, MOST_PIXELS) from error
    except Exception as error:  # Pillow raises anything for a damaged picture
        if isinstance(error, OSError) and error.errno is not None:  # of the system
            raise read_error(path, f"{error.strerror}; check the disk, or replace the file") from error
        raise read_error(path, "the picture is damaged or cut short; replace or remove it") from error


@contextmanager
def _without_pixel_limit() -> Iterator[None]:
    """Let Pillow open pictures of any size: `_check_size` refuses the large ones, by limits of its own."""
    with _pixel_limit_lock:
        former, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = former


def _check_size(path: Path, image: Any) -> None:
    most = MOST_STORED_PIXELS if image.format in REDUCED else MOST_PIXELS
    if image.width * image.height > most:
        raise _too_large(path, most)


def _too_large(path: Path, most: int) -> HearsightError:
    return read_error(path, f"it has more than {most:,} pixels; make it smaller, or remove it")


def upright_rgb(image: Any, short_side: int | None = None, most_pixels: int | None = None) -> Picture:
    """Return an open picture as `read_pictures` does. Raises Pillow's errors, also for more pixels to decode."""
    orientation = _orientation(image)  # before it is decoded: decoding may forget it
    smaller = 1.0 if short_side is None else min(1.0, short_side / min(image.size))
    size = max(1, round(image.width * smaller)), max(1, round(image.height * smaller))
    image.draft("RGB", size)  # a JPEG is reduced while it is decoded
    if most_pixels is not None and image.width * image.height > most_pixels:
        raise Image.DecompressionBombError
    picture = _eight_bits(image)
    if picture.has_transparency_data:
        foreground = picture.convert("RGBA").resize(size, Image.Resampling.BICUBIC)
        background = Image.new("RGBA", size, "white")
        picture = Image.alpha_composite(background, foreground).convert("RGB")
    else:
        picture = picture.convert("RGB").resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)
    return np.asarray(picture.transpose(TURNS[orientation]) if orientation in TURNS else picture)


def _eight_bits(image: Any) -> Any:
    """Return a picture whose values go up to 255. Pillow would cut off higher ones, of scans and of depth maps."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.nan_to_num(np.asarray(image).astype(np.float32))
    lowest, highest = (0.0, 65535.0) if image.mode.startswith("I;16") else (values.min(), values.max())
    return Image.fromarray(np.rint((values - lowest) * (255 / max(highest - lowest, 1e-9))).astype(np.uint8))


def _orientation(image: Any) -> int:
    """Return how a camera was held, by EXIF; 1, upright, if it is missing or damaged."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception:  # anything, for damaged EXIF
        return 1


def _created(image: Any) -> float | None:
    """Return when a photo was taken, in seconds since 1970, by EXIF; without an offset in this machine's time zone."""
    base = ExifTags.Base
    try:
        exif = image.getexif()
        details = exif.get_ifd(ExifTags.IFD.Exif)
        written = [
            (details.get(base.DateTimeOriginal), details.get(base.OffsetTimeOriginal)),
            (details.get(base.DateTimeDigitized), details.get(base.OffsetTimeDigitized)),
            (exif.get(base.DateTime), details.get(base.OffsetTime)),
        ]
    except Exception:  # anything, for damaged EXIF
        return None
    return next((time for date, offset in written if (time := _seconds(str(date), str(offset))) is not None), None)


def _seconds(date: str, offset: str) -> float | None:
    """Return a date of EXIF in seconds since 1970; None for none.

    Dates of 1970 are those of cameras without a clock; older ones are those of scans.
    """
    if not (match := DATE.match(date.strip())):
        return None
    zone = None  # that of this machine
    if shift := OFFSET.fullmatch(offset.strip("\0 ")):
        minutes = 60 * int(shift[2]) + int(shift[3])
        zone = timezone(timedelta(minutes=-minutes if shift[1] == "-" else minutes))
    try:
        taken = datetime(*(int(number or 0) for number in match.groups()), tzinfo=zone)  # type: ignore[misc, arg-type]
        time = taken.timestamp()
    except (ValueError, OverflowError, OSError):
        return None
    return time if taken.year != 1970 and time <= datetime.now().timestamp() + 24 * 3600 else None
