"""The queries of Chorus in NumPy: the same as `encode_text` and `similarity` in chorus.py, without torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hearsight.models.query_encoder import PADDING, Array, NumpyQueryEncoder, multi_grained_similarity, unit
from hearsight.towers.numpy_layers import linear, quick_gelu, softmax

VOICES = 3  # sight, audio, speech


class ChorusQueryEncoder(NumpyQueryEncoder):
    """A query with three questions, one for each voice of a clip, as long as the weights of their answers."""

    weight_prefixes: ClassVar[tuple[str, ...]] = (*NumpyQueryEncoder.weight_prefixes, "questions.", "weights.")
    options: ClassVar[tuple[str, ...]] = ("query_weights", "query_projections")

    @property
    def text_width(self) -> int:
        return VOICES * self.width

    def encode(self, texts: Sequence[str]) -> Array:
        text = super().encode(texts)  # (N, D)
        if self.config.options["query_projections"]:
            questions = [unit(linear(text, self.weights, f"questions.{voice}")) for voice in range(VOICES)]
        else:
            questions = [text] * VOICES
        weights = self._weigh(text)  # (N, 3)
        return np.concatenate([weights[:, [voice]] * questions[voice] for voice in range(VOICES)], axis=1)

    def _weigh(self, text: Array) -> Array:
        """Return how much a text asks for picture, sound and speech: (N, D) -> (N, 3)."""
        if not self.config.options["query_weights"]:
            return np.full((len(text), VOICES), 1 / VOICES, np.float32)
        return softmax(linear(quick_gelu(linear(text, self.weights, "weights.0")), self.weights, "weights.2"))

    def similarity(self, text: Array, clips: Mapping[str, NDArray[Any]]) -> tuple[Array, Array]:
        D, scale, mask, pooled = self.width, np.float32(self.config.scale), clips["mask"], clips["pooled"]
        per_frame = clips["frames"].astype(np.float32) @ text[:D]
        sight = multi_grained_similarity(pooled[:, :D] @ text[:D], per_frame, mask, scale, self.config.temperature)
        return sight + scale * (pooled[:, D:] @ text[D:]), np.where(mask, per_frame, PADDING)

    def similarities(self, texts: Array, clips: Mapping[str, NDArray[Any]]) -> Array:
        D, pooled = self.width, clips["pooled"]
        sight = self._sight(texts[:, :D], clips, pooled[:, :D])
        similarities: Array = sight + np.float32(self.config.scale) * (texts[:, D:] @ pooled[:, D:].T)
        return similarities
