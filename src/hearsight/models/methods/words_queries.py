"""The queries of a model that neither sees nor hears (words.py), without torch: a library of one starts at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hearsight.models.query_encoder import PADDING, Array
from hearsight.towers.config import BLANK_WIDTH

FINGERPRINT = "ea2bf4ca54e2"  # of the model


class WordsQueryEncoder:
    """A `QueryEncoder` whose vectors are zeros: a query that is compared with nothing."""

    width = text_width = BLANK_WIDTH
    extra: Mapping[str, tuple[int, ...]] = {}

    def count_pieces(self, words: Sequence[str]) -> list[int]:
        """Return 1 for every word: a model that knows none has met all of them equally often."""
        return [1] * len(words)

    def encode(self, texts: Sequence[str]) -> Array:
        return np.zeros((len(texts), BLANK_WIDTH), np.float32)

    def similarity(self, text: Array, clips: Mapping[str, NDArray[Any]]) -> tuple[Array, Array]:
        mask = clips["mask"]
        return np.zeros(len(mask), np.float32), np.where(mask, np.float32(0), PADDING)

    def similarities(self, texts: Array, clips: Mapping[str, NDArray[Any]]) -> Array:
        return np.zeros((len(texts), len(clips["mask"])), np.float32)
