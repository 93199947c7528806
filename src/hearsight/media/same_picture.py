"""Compare pictures, so that one that stays on screen is read and encoded once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Picture = NDArray[np.uint8]

BLOCK = 8  # pixels: pictures are compared by the means of squares of this side
# The most that the mean of a square may differ, of 255, for two pictures to show the same text: encoding changes a
# picture that stands still by less, and another digit of the smallest letters that are read changes it by more.
SAME = 8.0
SAME_SIGHT = 4.0  # for two pictures that a model sees: a slide that is encoded poorly (x264, crf 32) changes by 3
SAME_THUMBNAIL = 24.0  # for a picture and a thumbnail, which is a JPEG in another size


def is_same(first: Picture, second: Picture, most: float = SAME) -> bool:
    """Return whether two pictures (H, W, 3) show the same, apart from what encoding changes."""
    return first.shape == second.shape and _differ_at_most(_means(first), _means(second), most)


def reuse_same(frames: Iterable[tuple[float, Picture]]) -> Iterator[tuple[float, Picture]]:
    """Yield frames with their times; one that shows the same as the last different one is replaced by it.

    It is compared with the last different one, and not with the one before, so that slow changes are not missed.
    """
    latest: tuple[Picture, NDArray[np.int16]] | None = None
    for time, picture in frames:
        means = _means(picture)
        if latest is None or picture.shape != latest[0].shape or not _differ_at_most(means, latest[1], SAME_SIGHT):
            latest = picture, means
        yield time, latest[0]


def _means(picture: Picture) -> NDArray[np.int16]:
    """Return the mean of each square of BLOCK pixels, and of what is left at the edges, as whole numbers."""
    return np.asarray(Image.fromarray(picture).reduce(BLOCK)).astype(np.int16)


def _differ_at_most(first: NDArray[np.int16], second: NDArray[np.int16], most: float) -> bool:
    return bool(np.abs(first - second).max(initial=0) <= most)
