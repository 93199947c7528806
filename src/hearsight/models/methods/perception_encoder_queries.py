"""The queries of PE-AV in NumPy: the same as `encode_text` and `similarity` in perception_encoder.py, without torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import tokenizers
from numpy.typing import NDArray

from hearsight.models.query_encoder import CLIP, PADDING, Array, NumpyQueryEncoder, QueryConfig, Vocabulary
from hearsight.models.unpadded_texts import MAX_LETTERS
from hearsight.towers.config import BLANK_WIDTH, ModernBertConfig
from hearsight.towers.mapped_weights import MappedTensor
from hearsight.towers.numpy_pe_text import NumpyPeText

# As in towers/pe_av_towers.py, which needs torch.
SPACES = ("video_model.text_video", "audio_model.text_audio", "text_audio_video")


class PerceptionEncoderQueries(NumpyQueryEncoder):
    """A query with a vector for pictures, for sound, and for both together, each times its scale."""

    weight_prefixes: ClassVar[tuple[str, ...]] = (f"{CLIP}text_model.", *(f"{CLIP}{space}_" for space in SPACES))
    words: ClassVar[str] = f"{CLIP}text_model.embeddings.tok_embeddings.weight"
    text_config: ClassVar[type[Any]] = ModernBertConfig

    def __init__(self, config: QueryConfig, tensors: Mapping[str, MappedTensor], bpe: Vocabulary) -> None:
        assert isinstance(bpe, tokenizers.Tokenizer)  # that of a PE-AV is small
        self.config, self.tensors, self.bpe, self._tokenizer = config, tensors, bpe, bpe
        weights = {name.removeprefix(CLIP): tensor for name, tensor in tensors.items()}
        self._space: int = config.text.hidden_size
        assert isinstance(config.text, ModernBertConfig)
        self._texts = NumpyPeText(config.text, [f"{space}_head" for space in SPACES], weights, "the model")
        self._scales, self._biases = (
            np.concatenate([weights[f"{space}_logit_{name}"].rows() for space in SPACES]) for name in ("scale", "bias")
        )

    @property
    def width(self) -> int:
        return BLANK_WIDTH

    @property
    def text_width(self) -> int:
        return len(SPACES) * self._space

    @property
    def extra(self) -> Mapping[str, tuple[int, ...]]:
        return {"joint": (self._space,)}

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        return [self._tokenizer.encode(text[:MAX_LETTERS]).ids for text in texts]

    def encode(self, texts: Sequence[str]) -> Array:
        vectors: Array = self._texts(self.tokenize(texts)) * self._scales.repeat(self._space)
        return vectors

    def similarity(self, text: Array, clips: Mapping[str, NDArray[Any]]) -> tuple[Array, Array]:
        mask = clips["mask"]
        return self.similarities(text[None], clips)[0], np.where(mask, np.float32(0), PADDING)

    def similarities(self, texts: Array, clips: Mapping[str, NDArray[Any]]) -> Array:
        D, pooled = self._space, clips["pooled"].astype(np.float32)
        vectors = pooled[:, :D], pooled[:, D : 2 * D], clips["joint"].astype(np.float32)
        parts = np.split(texts, len(SPACES), axis=1)
        logits = [part @ each.T + bias for part, each, bias in zip(parts, vectors, self._biases, strict=True)]
        seen, _, joint = (each.any(axis=1) for each in vectors)
        similarities: Array = np.where(joint, logits[2], np.where(seen, logits[0], logits[1]))
        return similarities
