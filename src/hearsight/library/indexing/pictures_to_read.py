"""Choose the pictures of a file that are read.

One picture of each clip is read: the one in its middle, which results show, too. Reading takes as long as a model needs
to see the clip, and what people remember stands longer than a few seconds. A long clip has more pictures, and shots
that follow each other quickly have fewer.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import ceil

import numpy as np

from hearsight.types import Clip

STRETCH = 20.0  # seconds of a clip with one picture; the last window of 15 s may have so many
MIN_DISTANCE = 2.0  # seconds between pictures: nobody remembers a text of shorter shots


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
