"""Makers of picture files. Apart from builders.py, so that tests of media need no torch."""

from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image

RED, BLUE = (200, 30, 30), (30, 30, 200)


def plain(colour: Any = RED, size: tuple[int, int] = (64, 48), mode: str = "RGB") -> Image.Image:
    return Image.new(mode, size, colour)


def blue_on_the_left(size: tuple[int, int] = (64, 48)) -> Image.Image:
    picture = plain(RED, size)
    picture.paste(BLUE, (0, 0, size[0] // 2, size[1]))
    return picture


def write_picture(path: Path, picture: Image.Image | None = None, **options: Any) -> Path:
    """Write a picture, a red one by default. Its format is that of the suffix, JPEG for those that Pillow lacks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options.setdefault("format", Image.registered_extensions().get(path.suffix.lower(), "JPEG"))
    if options["format"] == "JPEG":
        options = {"quality": 95, "subsampling": 0, **options}
    (picture or plain()).save(path, **options)
    return path


def exif(orientation: int | None = None, **dates: str) -> bytes:
    """The EXIF of a photo. dates: by the names of their tags: DateTimeOriginal="2019:05:17 10:20:30"."""
    written = Image.Exif()
    if orientation:
        written[ExifTags.Base.Orientation] = orientation
    details = written.get_ifd(ExifTags.IFD.Exif)
    for name, date in dates.items():
        tag = ExifTags.Base[name]
        (written if name == "DateTime" else details)[tag] = date
    return written.tobytes()


def write_animation(path: Path, levels: list[int], size: tuple[int, int] = (64, 48), **options: Any) -> Path:
    """Write an animation of grey pictures, a tenth of a second each."""
    first, *others = [plain((level,) * 3, size) for level in levels]
    return write_picture(path, first, save_all=True, append_images=others, duration=100, **options)


def colour_at(picture: np.ndarray, x: float, y: float) -> list[int]:
    """The colour at shares of the width and height, to the nearest ten."""
    row, column = int(y * (len(picture) - 1)), int(x * (picture.shape[1] - 1))
    return [int(round(float(value) / 10) * 10) for value in picture[row, column]]
