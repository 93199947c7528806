"""Choose the windows of a clip's sound: stretches that a sound expert encodes, so that a short sound does not drown.

Windows follow each other without overlap, for each costs about a quarter of CLIP's pictures of a clip of 15 s. So that
a sound in a quiet clip is not cut in two, and is found at its second, a clip is cut where its sound suddenly begins,
too.
"""

from __future__ import annotations

from math import ceil

import numpy as np
from numpy.typing import NDArray

BLOCK = 0.1  # seconds whose level is measured
BEFORE, AFTER = 10, 5  # blocks that are compared to find where a sound begins
RISE = 15.0  # decibels from one to the other, at least
FLOOR = 1e-7  # mean square that counts as nothing, -70 dB: silence is not infinitely quiet
SILENCE = 1e-6  # mean square of the loudest block: -60 dB; with less, nothing is heard


def window_starts(samples: NDArray[np.float32], rate: int, longest: float) -> list[int]:
    """Return the first sample of each window of a stretch of sound that is not silent.

    rate: in Hz. longest: of a window, in seconds; all have this length but those of a shorter sound. The last one of a
    part ends where the part ends.
    """
    levels, length = _levels(samples, rate), round(longest * rate)
    cut = _onset(levels) * round(BLOCK * rate)
    starts = _starts(0, cut, length) + _starts(cut, len(samples), length)
    starts = sorted({max(min(start, len(samples) - length), 0) for start in starts})
    return [start for start in starts if _is_heard(levels, start, length, rate)]


def _levels(samples: NDArray[np.float32], rate: int) -> NDArray[np.float64]:
    """Return the mean square of each block; the last one may be shorter."""
    first = np.arange(0, len(samples), round(BLOCK * rate))
    squares = np.square(samples, dtype=np.float64)
    return np.add.reduceat(squares, first) / np.diff(first, append=len(samples)) if len(first) else np.empty(0)


def _onset(levels: NDArray[np.float64]) -> int:
    """Return the block at which the level rises most, if a sound begins there; 0 otherwise."""
    blocks = np.arange(BEFORE, len(levels) - BEFORE)
    if not len(blocks):
        return 0
    sums = np.concatenate([[0.0], np.cumsum(levels + FLOOR)])
    before, after = (sums[blocks] - sums[blocks - BEFORE]) / BEFORE, (sums[blocks + AFTER] - sums[blocks]) / AFTER
    rises = after / before
    block = int(rises.argmax())
    return int(blocks[block]) if rises[block] >= 10 ** (RISE / 10) else 0


def _starts(first: int, last: int, length: int) -> list[int]:
    """Return the starts of windows that cover a part, in samples; none for an empty part."""
    count = ceil((last - first) / length)
    return [min(first + number * length, max(first, last - length)) for number in range(count)]


def _is_heard(levels: NDArray[np.float64], start: int, length: int, rate: int) -> bool:
    block = round(BLOCK * rate)
    return bool(levels[start // block : ceil((start + length) / block)].max(initial=0.0) >= SILENCE)
