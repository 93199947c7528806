"""The text tower of CLAP in NumPy: a RoBERTa whose first state is projected into the space of sounds.

Weights have the names and shapes of transformers' `ClapModel`. The model: Wu et al., Large-scale Contrastive
Language-Audio Pretraining (2023).

Letters: N texts, D width of the RoBERTa, W width of the space that texts and sounds share.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np

from hearsight.towers.config import BertConfig
from hearsight.towers.mapped_weights import MappedTensor
from hearsight.towers.numpy_bert import WORDS, NumpyBert, check_shapes
from hearsight.towers.numpy_layers import Array, linear

POOLER, FIRST, SECOND = "text_model.pooler.dense", "text_projection.linear1", "text_projection.linear2"


class NumpyClapText:
    """Texts as token ids -> vectors.

    width: W. weights: of a `ClapModel`. source: of the weights, for messages.
    Raises HearsightError for weights that do not fit the configuration.
    """

    def __init__(self, config: BertConfig, width: int, weights: Mapping[str, MappedTensor], source: str) -> None:
        check_shapes(weights, _shapes(config.hidden_size, width), source)
        self._weights = weights
        self._bert = NumpyBert(config, weights, "cls", source)
        self.vocabulary = self._bert.weights[WORDS].shape[0]

    @cached_property
    def _head(self) -> dict[str, Array]:
        names = (f"{layer}.{part}" for layer in (POOLER, FIRST, SECOND) for part in ("weight", "bias"))
        return {name: self._weights[name].rows() for name in names}

    def __call__(self, texts: Sequence[Sequence[int]]) -> Array:
        """Encode N texts -> (N, W), not unit. texts: as of `NumpyBert`."""
        pooled = np.tanh(linear(self._bert(texts), self._head, POOLER))
        return linear(np.maximum(linear(pooled, self._head, FIRST), 0), self._head, SECOND)


def _shapes(hidden: int, width: int) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the names of the weights after the RoBERTa, with their shapes."""
    for layer, rows, columns in ((POOLER, hidden, hidden), (FIRST, width, hidden), (SECOND, width, width)):
        yield f"{layer}.weight", (rows, columns)
        yield f"{layer}.bias", (rows,)
