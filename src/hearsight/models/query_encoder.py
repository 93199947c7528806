"""Encodes queries and compares them with clips, in NumPy: a search needs neither torch nor the rest of a model.

`NumpyQueryEncoder` repeats what `VideoTextModel` does with texts (`encode_text` and `similarity`), for the methods that
leave it as it is; Chorus and PE-AV have encoders of their own in methods. It computes in float32 on the processor,
whatever precision and device the model has: similarities are those of the model in float32, to 1e-4.

torch_queries.py makes one from a model, and query_cache.py keeps it on disk. Letters: n clips, N texts, F frames,
D width of frames, D' width of texts and pooled clips.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

import numpy as np
import tokenizers
from numpy.typing import NDArray

from hearsight.models.padded_texts import count_tokens, padded_ids
from hearsight.models.tokenizer_tables import TokenizerTables
from hearsight.towers.config import METACLIP, SIGLIP, ModernBertConfig, TextConfig
from hearsight.towers.mapped_weights import MappedTensor
from hearsight.towers.numpy_clip import NumpyTextTower
from hearsight.towers.numpy_layers import without_prefix
from hearsight.towers.numpy_siglip import NumpySiglipText

Array = NDArray[np.float32]
Vocabulary = tokenizers.Tokenizer | TokenizerTables

EPSILON = np.float32(1e-12)  # as torch's `normalize` has it
PADDING = np.float32(-1)  # the cosine of a frame that does not count
CLIP = "clip.model."  # before the names of the text tower's weights in a model
WORDS = f"{CLIP}text_model.embeddings.token_embedding.weight"  # the table of tokens, of which a text needs a few rows


class QueryEncoder(Protocol):
    """The query side of a model.

    width: D. text_width: D'. extra: the shape of one clip's tensor for each field besides "pooled", "frames" and "mask"
    that `similarity` reads.
    """

    @property
    def width(self) -> int: ...

    @property
    def text_width(self) -> int: ...

    @property
    def extra(self) -> Mapping[str, tuple[int, ...]]: ...

    def count_pieces(self, words: Sequence[str]) -> list[int]:
        """Return how many tokens each word is cut into: many for one that the model has hardly met."""

    def encode(self, texts: Sequence[str]) -> Array:
        """N texts, as they are written -> their vectors (N, D')."""

    def similarity(self, text: Array, clips: Mapping[str, NDArray[Any]]) -> tuple[Array, Array]:
        """Compare a text (D',) with n clips: the model's logits (n,), and the cosine of each frame (n, F).

        clips: float16 or float32 fields by name: "pooled" (n, D'), "frames" (n, F, D), "mask" (n, F), and `extra`. The
        cosine of a frame that the mask leaves out is -1.
        """

    def similarities(self, texts: Array, clips: Mapping[str, NDArray[Any]]) -> Array:
        """Compare N texts (N, D') with n clips: the model's logits (N, n). For many texts and few clips."""


@dataclass(frozen=True)
class QueryConfig:
    """What a `NumpyQueryEncoder` has besides arrays.

    towers: the kind of the text tower, "clip", or a model type of towers/config.py. words: the most tokens of a text,
    with start and end. start_id: of CLIP's texts; others have it from their tokenizer. scale: of similarities, not its
    logarithm. temperature: tau, see `multi_grained_similarity`. options: those of the method that concern its texts.
    """

    text: TextConfig | ModernBertConfig
    words: int
    start_id: int
    end_id: int
    scale: float
    temperature: float
    options: dict[str, Any] = field(default_factory=dict)
    towers: str = "clip"


class NumpyQueryEncoder:
    """The queries of CLIP4Clip, blind fusion, AVIGATE and SAVE (a `QueryEncoder`).

    tensors: by their names in the model; the table of tokens (`words`) stays in its file, if it is mapped. bpe: the
    vocabulary, which takes special tokens as letters; CLIP's has no tables.
    """

    weight_prefixes: ClassVar[tuple[str, ...]] = (f"{CLIP}text_model.", f"{CLIP}text_projection.")
    options: ClassVar[tuple[str, ...]] = ()  # that concern texts
    words: ClassVar[str] = WORDS
    text_config: ClassVar[type[TextConfig] | type[ModernBertConfig]] = TextConfig

    def __init__(self, config: QueryConfig, tensors: Mapping[str, MappedTensor], bpe: Vocabulary) -> None:
        self.config, self.tensors, self.bpe = config, tensors, bpe
        self.weights = {name: tensor.rows() for name, tensor in tensors.items() if name != WORDS}
        self._tower = _text_tower(config, without_prefix(self.weights, CLIP), tensors[WORDS])

    @property
    def width(self) -> int:
        return self._tower.width

    @property
    def text_width(self) -> int:
        return self.width

    @property
    def extra(self) -> Mapping[str, tuple[int, ...]]:
        return {}

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the token ids of N texts: CLIP's are start, words, end; cut to length, not padded."""
        if self.config.towers != "clip":
            return padded_ids(self.bpe, texts)
        assert isinstance(self.bpe, tokenizers.Tokenizer)
        start, end, room = self.config.start_id, self.config.end_id, self.config.words - 2
        encodings = (self.bpe.encode(text, add_special_tokens=False) for text in texts)
        return [[start, *encoding.ids[:room], end] for encoding in encodings]

    def count_pieces(self, words: Sequence[str]) -> list[int]:
        return count_tokens(self.bpe, words)

    def encode(self, texts: Sequence[str]) -> Array:
        return unit(self._tower(self.tokenize(texts)))

    def similarity(self, text: Array, clips: Mapping[str, NDArray[Any]]) -> tuple[Array, Array]:
        per_frame, mask = clips["frames"].astype(np.float32) @ text[: self.width], clips["mask"]
        logits = multi_grained_similarity(
            clips["pooled"] @ text, per_frame, mask, np.float32(self.config.scale), self.config.temperature
        )
        return logits, np.where(mask, per_frame, PADDING)

    def similarities(self, texts: Array, clips: Mapping[str, NDArray[Any]]) -> Array:
        return self._sight(texts, clips, clips["pooled"])

    def _sight(self, texts: Array, clips: Mapping[str, NDArray[Any]], pooled: Array) -> Array:
        """Return the multi-grained similarity of N texts (N, D) with n clips, (N, n)."""
        n, F, D = clips["frames"].shape
        per_frame = (texts @ clips["frames"].astype(np.float32).reshape(-1, D).T).reshape(len(texts), n, F)
        scale, tau = np.float32(self.config.scale), self.config.temperature
        return multi_grained_similarity(texts @ pooled.T, per_frame, clips["mask"], scale, tau)


def _text_tower(
    config: QueryConfig, weights: Mapping[str, Array], words: MappedTensor
) -> NumpyTextTower | NumpySiglipText:
    assert isinstance(config.text, TextConfig)
    if config.towers == SIGLIP:
        return NumpySiglipText(config.text, without_prefix(weights, "text_model."), words)
    return NumpyTextTower(config.text, weights, words, config.end_id if config.towers == METACLIP else None)


def multi_grained_similarity(
    coarse: Array, per_frame: Array, mask: NDArray[np.bool_], scale: np.float32, temperature: float
) -> Array:
    """Return the logits (..., n) of texts with n clips, as `hearsight.models.layers.multi_grained_similarity` does.

    coarse: the cosines of the clips, (..., n). per_frame: those of their frames, (..., n, F). mask: (n, F).
    """
    tau = np.float32(temperature)
    fine = logsumexp(np.where(mask, tau * scale * per_frame, np.float32(-np.inf))) / tau
    similarity: Array = np.float32(0.5) * (scale * coarse + fine)
    return similarity


def logsumexp(x: Array) -> Array:
    """Return log(sum(exp(x))) over the last axis; -inf where all of x is."""
    highest = np.maximum(x.max(axis=-1), np.finfo(np.float32).min)
    with np.errstate(divide="ignore"):
        summed: Array = np.log(np.exp(x - highest[..., None]).sum(axis=-1)) + highest
    return summed


def unit(vectors: Array) -> Array:
    """Return vectors of length 1 along the last axis; zeros stay zeros."""
    scaled: Array = vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), EPSILON)
    return scaled
