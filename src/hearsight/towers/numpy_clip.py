"""CLIP's text transformer in NumPy: the vectors of towers/clip.py, without the second that importing torch takes.

Attention is causal, so a text needs its tokens up to the end token and no padding. Texts of one length are encoded
together. Weights have the names and shapes of towers/clip.py.

Letters: N texts, S tokens of each, D width, H heads, d width of a head, V tokens of the vocabulary.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hearsight.towers.config import TextConfig

Array = NDArray[np.float32]

MAX_TEXTS = 64  # encoded together, so that memory does not grow with the number of texts
PREFIXES = ("text_model.", "text_projection.")  # of the weights that are read, in towers/clip.py's `CLIP`


class NumpyTextTower:
    """Texts as token ids -> vectors, as `ClipTowers.text` computes them in float32.

    weights: those of towers/clip.py's `CLIP` whose names begin with PREFIXES.
    """

    def __init__(self, config: TextConfig, weights: Mapping[str, Array]) -> None:
        self.config = config
        self.transformer = without_prefix(weights, "text_model.")
        self.projection = weights["text_projection.weight"]  # (D of the vectors, D)
        numbers = range(config.num_hidden_layers)
        self.layers = [without_prefix(self.transformer, f"encoder.layers.{number}.") for number in numbers]

    def __call__(self, texts: Sequence[Sequence[int]]) -> Array:
        """Encode N texts -> (N, D).

        texts: their token ids, of any length, without padding. The token with the largest id ends a text.
        """
        rows_of_length: defaultdict[int, list[int]] = defaultdict(list)
        for row, ids in enumerate(texts):
            end = max(range(len(ids)), key=ids.__getitem__)  # the first of them, as argmax has it
            rows_of_length[end + 1].append(row)
        vectors = np.empty((len(texts), len(self.projection)), np.float32)
        for length, rows in rows_of_length.items():
            for first in range(0, len(rows), MAX_TEXTS):
                batch = rows[first : first + MAX_TEXTS]
                vectors[batch] = self._encode(np.array([texts[row][:length] for row in batch]))
        return vectors

    def _encode(self, ids: NDArray[np.int64]) -> Array:
        """(N, S) ids -> the projected states of the last tokens, (N, D)."""
        words, positions = (self.transformer[f"embeddings.{name}_embedding.weight"] for name in ("token", "position"))
        x = words[ids] + positions[: ids.shape[1]]
        for layer in self.layers:
            x = _run_layer(x, self.config, layer, last_token_only=layer is self.layers[-1])
        last = _normalise(x[:, -1], self.transformer, "final_layer_norm", self.config.layer_norm_eps)
        projected: Array = last @ self.projection.T
        return projected


def without_prefix(weights: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    """Return the weights of a part of a model, by their names in it."""
    return {name.removeprefix(prefix): values for name, values in weights.items() if name.startswith(prefix)}


def _run_layer(x: Array, config: TextConfig, layer: Mapping[str, Array], last_token_only: bool) -> Array:
    """(N, S, D) -> (N, S, D), or (N, 1, D) for the last token only: no later layer reads the states of the others."""
    normed = _normalise(x, layer, "layer_norm1", config.layer_norm_eps)
    key, value = linear(normed, layer, "self_attn.k_proj"), linear(normed, layer, "self_attn.v_proj")
    if last_token_only:
        x, normed = x[:, -1:], normed[:, -1:]
    query = linear(normed, layer, "self_attn.q_proj")
    x = x + linear(_attend(query, key, value, config.num_attention_heads), layer, "self_attn.out_proj")
    normed = _normalise(x, layer, "layer_norm2", config.layer_norm_eps)
    return x + linear(ACTIVATIONS[config.hidden_act](linear(normed, layer, "mlp.fc1")), layer, "mlp.fc2")


def _attend(query: Array, key: Array, value: Array, heads: int) -> Array:
    """Return causal softmax(Q K^T / sqrt(d)) V in every head: (N, Q, D), (N, S, D), (N, S, D) -> (N, Q, D).

    The queries are those of the last Q tokens.
    """
    N, S, D = key.shape
    Q, d = query.shape[1], D // heads
    query, key, value = (each.reshape(N, -1, heads, d).transpose(0, 2, 1, 3) for each in (query, key, value))
    scores = query @ key.transpose(0, 1, 3, 2) * np.float32(d**-0.5)  # N H Q S
    scores += np.triu(np.full((Q, S), -np.inf, np.float32), k=S - Q + 1)
    attended: Array = softmax(scores) @ value  # N H Q d
    return attended.transpose(0, 2, 1, 3).reshape(N, Q, D)


def linear(x: Array, weights: Mapping[str, Array], name: str) -> Array:
    """Apply the linear layer of a name: (..., D) -> (..., D')."""
    weight = weights[f"{name}.weight"]
    out: Array = x.reshape(-1, x.shape[-1]) @ weight.T  # one product: NumPy would compute one for each text
    out += weights[f"{name}.bias"]
    return out.reshape(*x.shape[:-1], len(weight))


def _normalise(x: Array, weights: Mapping[str, Array], name: str, epsilon: float) -> Array:
    """Apply the layer norm of a name."""
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.square(centred).mean(axis=-1, keepdims=True)
    normed: Array = centred / np.sqrt(variance + np.float32(epsilon)) * weights[f"{name}.weight"]
    return normed + weights[f"{name}.bias"]


def softmax(x: Array) -> Array:
    """Return the softmax over the last axis."""
    exponentials = np.exp(x - x.max(axis=-1, keepdims=True))
    shares: Array = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return shares


def quick_gelu(x: Array) -> Array:
    """Return x * sigmoid(1.702 x), OpenAI's approximation of GELU."""
    with np.errstate(over="ignore"):  # exp(large) is infinite, and the quotient 0, as it has to be
        gated: Array = x / (1 + np.exp(np.float32(-1.702) * x))
    return gated


def gelu(x: Array) -> Array:
    """Return x times the normal distribution function of x."""
    out: Array = np.float32(0.5) * x * (1 + _erf(x * np.float32(0.5**0.5)))
    return out


def _erf(x: Array) -> Array:
    """Return the error function to 2e-7, which NumPy lacks (Abramowitz and Stegun 1964, 7.1.26)."""
    coefficients = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)
    t = np.reciprocal(1 + np.float32(0.3275911) * np.abs(x))
    polynomial = np.zeros_like(t)
    for coefficient in coefficients:
        polynomial = (polynomial + np.float32(coefficient)) * t
    positive: Array = 1 - polynomial * np.exp(-np.square(x))
    return np.copysign(positive, x)


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {"quick_gelu": quick_gelu, "gelu": gelu}
