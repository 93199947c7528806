"""The interface of experts that compare a query with what is heard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class SoundExpert(Protocol):
    """Compares what a query means with what is heard: their vectors are near if the text describes the sound.

    name: what it can be loaded by again. width: of its vectors. sample_rate: in Hz. window_seconds: the longest sound
    that it encodes. fingerprint: changes with its vectors: those that a library has stored of another one are made
    again.
    """

    name: str
    width: int
    sample_rate: int
    window_seconds: float

    @property
    def fingerprint(self) -> str: ...

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """N queries -> unit vectors (N, width); zeros for a text that the expert cannot read.

        Called by searches, so it should start quickly.
        """

    def encode_sounds(self, sounds: Sequence[NDArray[np.float32]], device: str) -> NDArray[np.float32]:
        """N sounds -> unit vectors (N, width), to compare with those of queries.

        sounds: mono, in [-1, 1], each up to `window_seconds` long. device: what torch may compute on.
        """
