"""BERT and (XLM-)RoBERTa in NumPy: the vectors of transformers' models, without importing it.

A text needs no padding, because texts of one length are encoded together. Weights have the names and shapes of
transformers' `BertModel`. The table of tokens stays on the disk; a text reads its rows. The model: Devlin et al., BERT
(2019); Conneau et al., XLM-R (2020).

Letters: N texts, S tokens of each, D width.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hearsight.errors import HearsightError
from hearsight.towers.config import BertConfig
from hearsight.towers.mapped_weights import MappedTensor
from hearsight.towers.numpy_layers import (
    Array,
    attend,
    batches_of_one_length,
    gelu,
    linear,
    normalise,
    without_prefix,
)

Pooling = Literal["mean", "cls"]
WORDS = "embeddings.word_embeddings.weight"


class NumpyBert:
    """Texts as token ids -> vectors.

    weights: those of a `BertModel`, or of a model that has one inside it. pooling: what of a text's last states is its
    vector, their mean or the first. source: of the weights, for messages.
    Raises HearsightError for weights that do not fit the configuration.
    """

    def __init__(self, config: BertConfig, weights: Mapping[str, MappedTensor], pooling: Pooling, source: str) -> None:
        self.config, self.pooling = config, pooling
        prefix = next((name.removesuffix(WORDS) for name in weights if name.endswith(WORDS)), "")
        self.weights = {name.removeprefix(prefix): tensor for name, tensor in weights.items()}
        check_shapes(self.weights, _shapes(config), source)

    @cached_property
    def _parts(self) -> dict[str, Array]:
        """All weights but the table of tokens, as float32: those of a float32 file stay on the disk until a use."""
        return {name: self.weights[name].rows() for name, _ in _shapes(self.config) if name != WORDS}

    @cached_property
    def _layers(self) -> list[dict[str, Array]]:
        numbers = range(self.config.num_hidden_layers)
        return [without_prefix(self._parts, f"encoder.layer.{number}.") for number in numbers]

    def __call__(self, texts: Sequence[Sequence[int]]) -> Array:
        """Encode N texts -> (N, D). texts: their token ids, from 1 to `config.max_tokens` of them, without padding."""
        vectors = np.empty((len(texts), self.config.hidden_size), np.float32)
        for _, rows in batches_of_one_length(map(len, texts)):
            states = self._states(np.array([texts[row] for row in rows]))
            vectors[rows] = states.mean(axis=1) if self.pooling == "mean" else states[:, 0]
        return vectors

    def _states(self, ids: NDArray[np.int64]) -> Array:
        """(N, S) ids -> the states of all tokens after the last layer, (N, S, D)."""
        first, epsilon = self.config.first_position, self.config.layer_norm_eps
        positions = self._parts["embeddings.position_embeddings.weight"][first : first + ids.shape[1]]
        x = self.weights[WORDS].rows(ids) + positions + self._parts["embeddings.token_type_embeddings.weight"][0]
        x = normalise(x, self._parts, "embeddings.LayerNorm", epsilon)
        for layer in self._layers:
            query, key, value = (linear(x, layer, f"attention.self.{name}") for name in ("query", "key", "value"))
            attended = attend(query, key, value, self.config.num_attention_heads)
            x = x + linear(attended, layer, "attention.output.dense")
            x = normalise(x, layer, "attention.output.LayerNorm", epsilon)
            x = x + linear(gelu(linear(x, layer, "intermediate.dense")), layer, "output.dense")
            x = normalise(x, layer, "output.LayerNorm", epsilon)
        return x


def check_shapes(
    weights: Mapping[str, MappedTensor], shapes: Iterable[tuple[str, tuple[int, ...]]], source: str
) -> None:
    """Raise HearsightError if weights lack one of these names, or have it in another shape."""
    for name, shape in shapes:
        if name not in weights or weights[name].shape != shape:
            actual = weights[name].shape if name in weights else "missing"
            raise HearsightError(
                f"the weights of {source} do not fit its config.json: {name} is {actual}, not {shape}; download or "
                "save them again"
            )


def _shapes(config: BertConfig) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the names of all weights that are read, with their shapes."""
    D, inner = config.hidden_size, config.intermediate_size
    yield WORDS, (config.vocab_size, D)
    yield "embeddings.position_embeddings.weight", (config.max_position_embeddings, D)
    yield "embeddings.token_type_embeddings.weight", (config.type_vocab_size, D)
    yield from (("embeddings.LayerNorm.weight", (D,)), ("embeddings.LayerNorm.bias", (D,)))
    layer: dict[str, tuple[int, ...]] = {
        **{f"attention.self.{name}": (D, D) for name in ("query", "key", "value")},
        "attention.output.dense": (D, D),
        "attention.output.LayerNorm": (D,),
        "intermediate.dense": (inner, D),
        "output.dense": (D, inner),
        "output.LayerNorm": (D,),
    }
    for number in range(config.num_hidden_layers):
        for name, shape in layer.items():
            yield f"encoder.layer.{number}.{name}.weight", shape
            yield f"encoder.layer.{number}.{name}.bias", shape[:1]
