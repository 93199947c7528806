"""The text tower of the Perception Encoder in NumPy: a ModernBERT, and a head for each space that its texts go to.

Weights have the names and shapes of transformers' `PeAudioModel` or `PeAudioVideoModel`. The model: Vyas et al.,
Pushing the Frontier of Audiovisual Perception (2025).

Letters: N texts, D width, of the ModernBERT and of all spaces.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np

from hearsight.towers.config import ModernBertConfig
from hearsight.towers.mapped_weights import MappedTensor
from hearsight.towers.numpy_bert import check_shapes
from hearsight.towers.numpy_layers import Array, linear, normalise
from hearsight.towers.numpy_modernbert import WORDS, NumpyModernBert

EPSILON = 1e-6  # of the layer norm of a head


class NumpyPeText:
    """Texts as token ids -> vectors.

    heads: their names in the weights. source: of the weights, for messages.
    Raises HearsightError for weights that do not fit the configuration.
    """

    def __init__(
        self, config: ModernBertConfig, heads: Sequence[str], weights: Mapping[str, MappedTensor], source: str
    ) -> None:
        check_shapes(weights, _shapes(config.hidden_size, heads), source)
        self._heads, self._weights = heads, weights
        self._bert = NumpyModernBert(config, weights, source)
        self.vocabulary = self._bert.weights[WORDS].shape[0]

    @cached_property
    def _parts(self) -> dict[str, Array]:
        names = (name for head in self._heads for name, _ in _shapes(self._bert.config.hidden_size, [head]))
        return {name: self._weights[name].rows() for name in names}

    def __call__(self, texts: Sequence[Sequence[int]]) -> Array:
        """Encode N texts -> (N, heads * D), not unit: the vectors of each head in turn. texts: as `NumpyModernBert`."""
        states = self._bert(texts)
        normed = (normalise(states, self._parts, f"{head}.layer_norm", EPSILON) for head in self._heads)
        vectors = [linear(x, self._parts, f"{head}.proj") for x, head in zip(normed, self._heads, strict=True)]
        return np.concatenate(vectors, axis=1)


def _shapes(width: int, heads: Sequence[str]) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the names of the weights of heads, with their shapes."""
    for head in heads:
        yield f"{head}.layer_norm.weight", (width,)
        yield f"{head}.layer_norm.bias", (width,)
        yield f"{head}.proj.weight", (width, width)
