"""The layers of text transformers in NumPy, which starts in no time where torch takes a second to import.

Letters: N texts, S tokens of each, Q of them whose states are asked for, D width, H heads, d width of a head.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

MAX_TOKENS = 1024  # of texts that are encoded together, so that memory does not grow with the number of texts


def without_prefix(weights: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    """Return the weights of a part of a model, by their names in it."""
    return {name.removeprefix(prefix): values for name, values in weights.items() if name.startswith(prefix)}


def batches_of_one_length(lengths: Iterable[int]) -> Iterator[tuple[int, list[int]]]:
    """Yield each length with the numbers of texts that have it, MAX_TOKENS at a time: they need no padding.

    lengths: the number of tokens of each text.
    """
    rows_of_length: defaultdict[int, list[int]] = defaultdict(list)
    for row, length in enumerate(lengths):
        rows_of_length[length].append(row)
    for length, rows in rows_of_length.items():
        size = max(1, MAX_TOKENS // length)
        yield from ((length, rows[first : first + size]) for first in range(0, len(rows), size))


def attend(
    query: Array, key: Array, value: Array, heads: int, is_causal: bool = False, reach: int | None = None
) -> Array:
    """Return softmax(Q K^T / sqrt(d)) V in every head: (N, Q, D), (N, S, D), (N, S, D) -> (N, Q, D).

    is_causal: the queries are those of the last Q tokens, and none of them reads a later token. reach: how far the
    tokens are that one reads, before it and after it; None for all. It needs the queries of all tokens.
    """
    N, S, D = key.shape
    Q, d = query.shape[1], D // heads
    query, key, value = (each.reshape(N, -1, heads, d).transpose(0, 2, 1, 3) for each in (query, key, value))
    scores = query @ key.transpose(0, 1, 3, 2) * np.float32(d**-0.5)  # N H Q S
    if is_causal:
        scores += np.triu(np.full((Q, S), -np.inf, np.float32), k=S - Q + 1)
    if reach is not None and reach < S - 1:
        positions = np.arange(S)
        scores[..., np.abs(positions[:, None] - positions) > reach] = -np.inf
    attended: Array = softmax(scores) @ value  # N H Q d
    return attended.transpose(0, 2, 1, 3).reshape(N, Q, D)


def linear(x: Array, weights: Mapping[str, Array], name: str) -> Array:
    """Apply the linear layer of a name, with its bias if it has one: (..., D) -> (..., D')."""
    weight = weights[f"{name}.weight"]
    out: Array = x.reshape(-1, x.shape[-1]) @ weight.T  # one product: NumPy would compute one for each text
    if (bias := weights.get(f"{name}.bias")) is not None:
        out += bias
    return out.reshape(*x.shape[:-1], len(weight))


def normalise(x: Array, weights: Mapping[str, Array], name: str, epsilon: float) -> Array:
    """Apply the layer norm of a name, with its bias if it has one."""
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.square(centred).mean(axis=-1, keepdims=True)
    normed: Array = centred / np.sqrt(variance + np.float32(epsilon)) * weights[f"{name}.weight"]
    bias = weights.get(f"{name}.bias")
    return normed if bias is None else normed + bias


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


def gelu_tanh(x: Array) -> Array:
    """Return the approximation of GELU by a hyperbolic tangent."""
    inner = np.float32((2 / np.pi) ** 0.5) * (x + np.float32(0.044715) * x * x * x)
    out: Array = np.float32(0.5) * x * (1 + np.tanh(inner))
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


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "quick_gelu": quick_gelu,
    "gelu": gelu,
    "gelu_pytorch_tanh": gelu_tanh,
}
