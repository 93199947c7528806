"""CLIP's text transformer in NumPy: the vectors of towers/clip.py, without the second that importing torch takes.

Attention is causal, so a text needs its tokens up to the end token and no padding. Texts of one length are encoded
together. Weights have the names and shapes of towers/clip.py.

Letters: N texts, S tokens of each, D width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hearsight.towers.config import TextConfig
from hearsight.towers.mapped_weights import MappedTensor
from hearsight.towers.numpy_layers import (
    ACTIVATIONS,
    Array,
    attend,
    batches_of_one_length,
    linear,
    normalise,
    without_prefix,
)

PREFIXES = ("text_model.", "text_projection.")  # of the weights that are read, in towers/clip.py's `CLIP`


class NumpyTextTower:
    """Texts as token ids -> vectors, as `ClipTowers.text` computes them in float32.

    weights: those of towers/clip.py's `CLIP` whose names begin with PREFIXES. words: the table of tokens, which may be
    mapped. end_id: as `ClipTowers` has it.
    """

    def __init__(
        self, config: TextConfig, weights: Mapping[str, Array], words: MappedTensor, end_id: int | None = None
    ) -> None:
        self.config, self.words, self.end_id = config, words, end_id
        self.transformer = without_prefix(weights, "text_model.")
        self.projection = weights["text_projection.weight"]  # (D of the vectors, D)
        numbers = range(config.num_hidden_layers)
        self.layers = [without_prefix(self.transformer, f"encoder.layers.{number}.") for number in numbers]

    @property
    def width(self) -> int:
        """D of the vectors."""
        return len(self.projection)

    def __call__(self, texts: Sequence[Sequence[int]]) -> Array:
        """Encode N texts -> (N, D).

        texts: their token ids, of any length. What follows the first end token changes nothing.
        """
        ends = map(self._end, texts)
        vectors = np.empty((len(texts), len(self.projection)), np.float32)
        for length, rows in batches_of_one_length(end + 1 for end in ends):
            vectors[rows] = self._encode(np.array([texts[row][:length] for row in rows]))
        return vectors

    def _end(self, ids: Sequence[int]) -> int:
        """Return the position of a text's end token: the first of them, as argmax has it."""
        if self.end_id is None:
            return max(range(len(ids)), key=ids.__getitem__)
        return ids.index(self.end_id) if self.end_id in ids else 0

    def _encode(self, ids: NDArray[np.int64]) -> Array:
        """(N, S) ids -> the projected states of the last tokens, (N, D)."""
        x = self.words.rows(ids) + self.transformer["embeddings.position_embedding.weight"][: ids.shape[1]]
        for layer in self.layers:
            x = run_layer(x, self.config, layer, last_token_only=layer is self.layers[-1])
        last = normalise(x[:, -1], self.transformer, "final_layer_norm", self.config.layer_norm_eps)
        projected: Array = last @ self.projection.T
        return projected


def run_layer(
    x: Array, config: TextConfig, layer: Mapping[str, Array], last_token_only: bool, is_causal: bool = True
) -> Array:
    """(N, S, D) -> (N, S, D), or (N, 1, D) for the last token only: no later layer reads the states of the others.

    is_causal: a token does not see later ones.
    """
    normed = normalise(x, layer, "layer_norm1", config.layer_norm_eps)
    key, value = linear(normed, layer, "self_attn.k_proj"), linear(normed, layer, "self_attn.v_proj")
    if last_token_only:
        x, normed = x[:, -1:], normed[:, -1:]
    query, heads = linear(normed, layer, "self_attn.q_proj"), config.num_attention_heads
    x = x + linear(attend(query, key, value, heads, is_causal), layer, "self_attn.out_proj")
    normed = normalise(x, layer, "layer_norm2", config.layer_norm_eps)
    return x + linear(ACTIVATIONS[config.hidden_act](linear(normed, layer, "mlp.fc1")), layer, "mlp.fc2")
