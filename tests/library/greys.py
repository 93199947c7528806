"""A reader of pictures for tests, which takes a grey for what is written in it, and films of such pictures."""

from pathlib import Path

import numpy as np

from hearsight.ocr.picture_reader import TextLine
from tests.media_files import grey, level_of, make_media

TEXTS = {
    40: ("Budget 2024", "Revenue grows by 12 percent"),
    80: ("EXIT",),
    120: ("The doctor lost", "a yellow bicycle"),
    160: ("Risks",),
}
EMPTY = 200  # a level without text


class Greys:
    """Reads TEXTS in pictures of one grey; nothing in others."""

    name, fingerprint = "rapidocr", "greys-1"

    def __init__(self) -> None:
        self.levels: list[int] = []  # of the pictures that were read

    def read(self, picture: np.ndarray) -> list[TextLine]:
        assert picture.dtype == np.uint8 and picture.shape[2] == 3
        self.levels.append(level_of(picture))
        texts = TEXTS.get(level_of(picture), ())
        return [TextLine(text, 0.9, (0.1, 0.2 * number, 0.5, 0.2 * number + 0.1)) for number, text in enumerate(texts)]


def slides(path: Path, *levels: int, seconds: int = 4, sounds: tuple = ()) -> Path:
    """Write a film that shows each grey for some seconds, with two pictures a second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pictures = [grey(level) for level in levels for _ in range(2 * seconds)]
    return make_media(path, pictures, [number / 2 for number in range(len(pictures))], sounds)
