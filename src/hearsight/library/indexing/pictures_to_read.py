"""Choose the pictures of a file that are read, and compare pictures, so that none is read twice.

One picture of each clip is read: the one in its middle, which results show, too. Reading takes as long as a model needs
to see the clip, and what people remember stands longer than a few seconds. A long clip has more pictures, and shots
that follow each other quickly have fewer.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil

import numpy as np
from numpy.typing import NDArray

from hearsight.types import Clip

Picture = NDArray[np.uint8]

STRETCH = 20.0  # seconds of a clip with one picture; the last window of 15 s may have so many
MIN_DISTANCE = 2.0  # seconds between pictures: nobody remembers a text of shorter shots
BLOCK = 8  # pixels: pictures are compared by the means of squares of this side
# The most that the mean of a square may differ, of 255, for two pictures to show the same text: encoding changes a
# picture that stands still by less, and another digit of the smallest letters that are read changes it by more.
SAME = 8.0
SAME_THUMBNAIL = 24.0  # the same for a thumbnail, which is a JPEG in another size


def times_to_read(clips: Sequence[Clip]) -> list[list[float]]:
    """Return the seconds of the pictures to read of each clip, rising. The clips are in order."""
    times, last = list[list[float]](), -MIN_DISTANCE
    for clip in clips:
        own = [second for second in _middles(clip) if second - last >= MIN_DISTANCE]
        last = own[-1] if own else last
        times.append(own)
    return times


def _middles(clip: Clip) -> list[float]:
    """Return the whole second in the middle of each stretch of a clip."""
    count = max(1, ceil(clip.duration / STRETCH))
    edges = np.linspace(clip.start, clip.end, count + 1).tolist()
    return [start + ceil(end - start) // 2 if end - start > 1 else start for start, end in pairwise(edges)]


def is_same(first: Picture, second: Picture, most: float = SAME) -> bool:
    """Return whether two pictures (H, W, 3) show the same, apart from what encoding changes."""
    if first.shape != second.shape:
        return False
    return bool(np.abs(_means(first) - _means(second)).max(initial=0.0) <= most)


def _means(picture: Picture) -> NDArray[np.float32]:
    """Return the mean of each square of BLOCK pixels, and of what is left at the edges."""
    rows = np.arange(0, picture.shape[0], BLOCK)
    columns = np.arange(0, picture.shape[1], BLOCK)
    sums = np.add.reduceat(np.add.reduceat(picture.astype(np.float32), rows, axis=0), columns, axis=1)
    heights = np.diff(rows, append=picture.shape[0])[:, None, None]
    widths = np.diff(columns, append=picture.shape[1])[None, :, None]
    means: NDArray[np.float32] = sums / (heights * widths)
    return means
