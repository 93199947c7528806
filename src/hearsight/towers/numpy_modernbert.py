"""ModernBERT in NumPy: the vectors of transformers' model, without importing it.

It is a BERT whose positions are rotations of queries and keys, whose layers normalise what they read, and in most of
whose layers a token reads its neighbours alone. Weights have the names and shapes of transformers' `ModernBertModel`.
The table of tokens stays on the disk; a text reads its rows. The model: Warner et al., Smarter, Better, Faster, Longer
(2024).

Letters: N texts, S tokens of each, D width, H heads, d width of a head.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hearsight.towers.config import ModernBertConfig
from hearsight.towers.mapped_weights import MappedTensor
from hearsight.towers.numpy_bert import check_shapes
from hearsight.towers.numpy_layers import (
    Array,
    attend,
    batches_of_one_length,
    gelu,
    linear,
    normalise,
    without_prefix,
)

WORDS = "embeddings.tok_embeddings.weight"


class NumpyModernBert:
    """Texts as token ids -> the states of their first tokens.

    weights: those of a `ModernBertModel`, or of a model that has one inside it. source: of the weights, for messages.
    Raises HearsightError for weights that do not fit the configuration.
    """

    def __init__(self, config: ModernBertConfig, weights: Mapping[str, MappedTensor], source: str) -> None:
        self.config = config
        prefix = next((name.removesuffix(WORDS) for name in weights if name.endswith(WORDS)), "")
        self.weights = {name.removeprefix(prefix): weights[name] for name in weights if name.startswith(prefix)}
        check_shapes(self.weights, _shapes(config), source)

    @cached_property
    def _parts(self) -> dict[str, Array]:
        """All weights but the table of tokens, as float32: those of a float32 file stay on the disk until a use."""
        return {name: self.weights[name].rows() for name, _ in _shapes(self.config) if name != WORDS}

    @cached_property
    def _layers(self) -> list[dict[str, Array]]:
        return [without_prefix(self._parts, f"layers.{number}.") for number in range(self.config.num_hidden_layers)]

    def __call__(self, texts: Sequence[Sequence[int]]) -> Array:
        """Encode N texts -> (N, D). texts: their token ids, from 1 to `config.max_tokens` of them, without padding."""
        vectors = np.empty((len(texts), self.config.hidden_size), np.float32)
        for _, rows in batches_of_one_length(map(len, texts)):
            vectors[rows] = self._states(np.array([texts[row] for row in rows]))[:, 0]
        return vectors

    def _states(self, ids: NDArray[np.int64]) -> Array:
        """(N, S) ids -> the states of all tokens, (N, S, D)."""
        config, epsilon = self.config, self.config.norm_eps
        thetas = config.global_theta, config.local_theta
        rotations = [_rotation(config, theta, ids.shape[1]) for theta in thetas]
        x = normalise(self.weights[WORDS].rows(ids), self._parts, "embeddings.norm", epsilon)
        for number, layer in enumerate(self._layers):
            is_local = config.local_layers[number]
            normed = normalise(x, layer, "attn_norm", epsilon) if number else x
            query, key, value = np.split(linear(normed, layer, "attn.Wqkv"), 3, axis=-1)
            query, key = (_rotate(each, rotations[is_local]) for each in (query, key))
            reach = config.local_attention // 2 if is_local else None
            x = x + linear(attend(query, key, value, config.num_attention_heads, reach=reach), layer, "attn.Wo")
            inner, gate = np.split(linear(normalise(x, layer, "mlp_norm", epsilon), layer, "mlp.Wi"), 2, axis=-1)
            x = x + linear(gelu(inner) * gate, layer, "mlp.Wo")
        return normalise(x, self._parts, "final_norm", epsilon) if config.has_final_norm else x


def _rotation(config: ModernBertConfig, theta: float, tokens: int) -> tuple[Array, Array]:
    """Return the cosines and sines of the angles by which S positions are rotated, (S, 1, d / 2) each."""
    d = config.hidden_size // config.num_attention_heads
    speeds = 1 / np.float32(theta) ** (np.arange(0, d, 2, dtype=np.float32) / d)
    angles = (np.arange(tokens, dtype=np.float32)[:, None] * speeds)[:, None]
    return np.cos(angles), np.sin(angles)


def _rotate(x: Array, rotation: tuple[Array, Array]) -> Array:
    """Rotate the two halves of every head against each other: (N, S, D) -> (N, S, D)."""
    cosines, sines = rotation
    heads = x.reshape(*x.shape[:2], -1, 2 * cosines.shape[-1])  # N S H d
    first, second = np.split(heads, 2, axis=-1)
    rotated = np.concatenate([first * cosines - second * sines, second * cosines + first * sines], axis=-1)
    return rotated.reshape(x.shape)


def _shapes(config: ModernBertConfig) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield the names of all weights that are read, with their shapes."""
    D, inner = config.hidden_size, config.intermediate_size
    yield WORDS, (config.vocab_size, D)
    yield "embeddings.norm.weight", (D,)
    yield "final_norm.weight", (D,)
    layer = {
        "attn_norm": (D,),
        "attn.Wqkv": (3 * D, D),
        "attn.Wo": (D, D),
        "mlp_norm": (D,),
        "mlp.Wi": (2 * inner, D),
        "mlp.Wo": (D, inner),
    }
    for number in range(config.num_hidden_layers):
        for name, shape in layer.items():
            if number or name != "attn_norm":  # the first layer reads what the embeddings have normalised
                yield f"layers.{number}.{name}.weight", shape
