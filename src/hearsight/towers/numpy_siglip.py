"""SigLIP's text transformer in NumPy: the vectors of towers/siglip.py, without the second that importing torch takes.

Every text has all its tokens, padding too, and no token is hidden from another. Weights have the names and shapes of
towers/siglip.py. The table of tokens stays on the disk; a text reads its rows.

Letters: N texts, S tokens of each, D width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from hearsight.towers.config import TextConfig
from hearsight.towers.mapped_weights import MappedTensor
from hearsight.towers.numpy_clip import run_layer
from hearsight.towers.numpy_layers import Array, batches_of_one_length, linear, normalise, without_prefix


class NumpySiglipText:
    """Texts as token ids -> vectors, as `SiglipTowers.text` computes them in float32.

    weights: those of towers/siglip.py's `TextTransformer`. words: the table of tokens, which may be mapped.
    """

    def __init__(self, config: TextConfig, weights: Mapping[str, Array], words: MappedTensor) -> None:
        self.config, self.weights, self.words = config, weights, words
        numbers = range(config.num_hidden_layers)
        self.layers = [without_prefix(weights, f"encoder.layers.{number}.") for number in numbers]

    @property
    def width(self) -> int:
        """D of the vectors."""
        return len(self.weights["head.weight"])

    def __call__(self, texts: Sequence[Sequence[int]]) -> Array:
        """Encode N texts -> (N, D). texts: their token ids, padded to the length that the model was trained with."""
        vectors = np.empty((len(texts), self.width), np.float32)
        for _, rows in batches_of_one_length(map(len, texts)):
            ids = np.array([texts[row] for row in rows])
            x = self.words.rows(ids) + self.weights["embeddings.position_embedding.weight"][: ids.shape[1]]
            for layer in self.layers:
                x = run_layer(x, self.config, layer, last_token_only=layer is self.layers[-1], is_causal=False)
            last = normalise(x[:, -1], self.weights, "final_layer_norm", self.config.layer_norm_eps)
            vectors[rows] = linear(last, self.weights, "head")
        return vectors
