"""The interface of what reads text in pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class TextLine:
    """A line of text in a picture.

    confidence: of the reader, from 0 to 1. box: left, top, right and bottom, as shares of the picture's width and
    height; of a slanted line, the upright rectangle around it.
    """

    text: str
    confidence: float
    box: tuple[float, float, float, float]


class PictureReader(Protocol):
    """Reads text in pictures. Threads may share it.

    name: what it can be loaded by again. fingerprint: changes with what it reads: pictures that another one has read
    are read again.
    """

    name: str
    fingerprint: str

    def read(self, picture: Picture) -> Sequence[TextLine]:
        """Return the lines of text in a picture (H, W, 3), in reading order; none if there is no text."""
