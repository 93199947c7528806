"""Encodes what a text means by a sentence encoder that a person chooses, in NumPy: no torch, no transformers.

Any encoder of the BERT or XLM-RoBERTa family in Hugging Face's format will do, such as intfloat/multilingual-e5-small
(a hundred languages) or sentence-transformers/all-MiniLM-L6-v2. Of that size, a line takes some 20 ms of one core.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hearsight.errors import HearsightError
from hearsight.experts.sentence_checkpoint import CHECKPOINT, read_settings
from hearsight.models.unpadded_texts import MAX_LETTERS, read_tokenizer
from hearsight.towers.config import bert_config
from hearsight.towers.mapped_weights import map_weights
from hearsight.towers.numpy_bert import WORDS, NumpyBert
from hearsight.util.config_file import read_config

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

KIND = CHECKPOINT.prefix  # before the colon of a name
DEFAULT_MODEL = "intfloat/multilingual-e5-small"
EMPTY = ("[UNK]", "<unk>", "▁")  # tokens of what a vocabulary lacks, and of the space before it
MIN_TOKENS = 8  # of a text: with fewer, prefixes leave no room
SAMPLED = 256  # numbers of each tensor that the fingerprint reads


class SentenceEncoder:
    """A text encoder with context (a `TextExpert`).

    model: a hub id, or the absolute path of a folder. It must be on this machine.
    Raises HearsightError for a model that is missing, damaged, or of another kind.
    """

    def __init__(self, model: str = DEFAULT_MODEL) -> None:
        self.name = f"{KIND}:{model}"
        self._folder = CHECKPOINT.locate(model)
        self._settings = read_settings(self._folder, model)
        self._config = bert_config(read_config(self._folder), str(self._folder / "config.json"))
        self._bert = NumpyBert(self._config, map_weights(self._folder), self._settings.pooling, str(self._folder))
        self.width = self._config.hidden_size
        self._max_tokens = min(self._settings.max_tokens or self._config.max_tokens, self._config.max_tokens)
        if self._max_tokens < MIN_TOKENS:
            raise HearsightError(
                f"cannot use the sentence encoder {model}: it reads {self._max_tokens} tokens of a text, and "
                f"{MIN_TOKENS} are needed; choose another"
            )

    @cached_property
    def fingerprint(self) -> str:
        """A short hash of the settings, and of the beginning of each tensor: all of them would take a second."""
        tokenizer = self._folder / "tokenizer.json"
        digest = hashlib.sha256(repr((self._config, self._settings, tokenizer.stat().st_size)).encode())
        with tokenizer.open("rb") as opened:
            digest.update(opened.read(1 << 16))
        for name, tensor in sorted(self._bert.weights.items()):
            digest.update(name.encode())
            digest.update(tensor.values.reshape(-1)[:SAMPLED].tobytes())
        return digest.hexdigest()[:12]

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a unit vector for each query, (N, D); zeros for one without a token that the model knows."""
        return self._encode(texts, self._settings.query_prefix)

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a unit vector for each text that queries are compared with; as `encode_queries`."""
        return self._encode(texts, self._settings.passage_prefix)

    def _encode(self, texts: Sequence[str], prefix: str) -> NDArray[np.float32]:
        encodings = self._tokenizer.encode_batch([prefix + text.strip()[:MAX_LETTERS] for text in texts])
        rows = [row for row, encoding in enumerate(encodings) if self._is_readable(encoding, len(prefix))]
        vectors = np.zeros((len(texts), self.width), np.float32)
        if rows:
            vectors[rows] = self._bert([encodings[row].ids for row in rows])
        if not np.isfinite(vectors).all():
            raise HearsightError(
                f"cannot use the sentence encoder in {self._folder}: it computes no finite numbers, so its weights are "
                "damaged; download or save it again"
            )
        unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-6)
        return unit

    def _is_readable(self, encoding: Encoding, start: int) -> bool:
        """Return whether a text has a token after its prefix, from the letter `start` on, that the model knows."""
        tokens = zip(encoding.ids, encoding.offsets, encoding.special_tokens_mask, strict=True)
        return any(id not in self._empty and end > start and not special for id, (_, end), special in tokens)

    @cached_property
    def _empty(self) -> set[int | None]:
        return {self._tokenizer.token_to_id(token) for token in EMPTY}

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return read_tokenizer(self._folder, self._max_tokens, self._bert.weights[WORDS].shape[0])
