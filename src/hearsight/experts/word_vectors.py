"""Encodes what a text means as the mean of the vectors of its words: English, in microseconds, without a network.

The vectors are those of wordllama, 256 numbers for each of 32,000 pieces of words, which come inside its wheel (MIT;
they descend from Llama 2's table of tokens). Its files are read directly: the package itself would be slow to import,
and looks for its tokenizer in a folder that the wheel does not have.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hearsight.errors import HearsightError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

WEIGHTS, TOKENIZER = "weights/l2_supercat_256.safetensors", "tokenizers/l2_supercat_tokenizer_config.json"
MAX_LETTERS = 20_000  # of a text: more would take long, and change no mean
# Letters of other scripts. Their vectors tell the script, and hardly what is said: any two texts in them look alike.
FOREIGN_LETTERS = re.compile(r"[^\W\d_A-Za-z\u00aa-\u02af\u1e00-\u1eff\ufb00-\ufb06\uff21-\uff5a]+")


class WordVectors:
    """A text encoder without context: the order of words does not count, and neither does their number."""

    name = "wordllama"
    width = 256

    @cached_property
    def fingerprint(self) -> str:
        """A short hash of the size and the beginning of the vectors' file: all of it would take 20 ms."""
        file = _file(WEIGHTS)
        with file.open("rb") as opened:
            return hashlib.sha256(opened.read(1 << 16) + str(file.stat().st_size).encode()).hexdigest()[:12]

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a unit vector for each query, (N, 256); zeros for one without words in Latin letters."""
        return self.encode_passages(texts)

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a unit vector for each text that queries are compared with; as `encode_queries`."""
        vectors = np.zeros((len(texts), self.width), np.float32)
        latin = [FOREIGN_LETTERS.sub(" ", text[:MAX_LETTERS]) for text in texts]
        encodings = self._tokenizer.encode_batch(latin, add_special_tokens=False)
        for vector, text, encoding in zip(vectors, latin, encodings, strict=True):
            if encoding.ids and re.search(r"\w", text):
                vector[:] = self._vectors[encoding.ids].astype(np.float32).mean(axis=0)
        unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-6)
        return unit

    @cached_property
    def _vectors(self) -> NDArray[np.float16]:
        from safetensors.numpy import load_file

        vectors: NDArray[np.float16]
        [vectors] = load_file(_file(WEIGHTS)).values()
        return vectors

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(_file(TOKENIZER)))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer


def _file(name: str) -> Path:
    """Return a file of wordllama's wheel, without importing it."""
    spec = find_spec("wordllama")
    file = Path(spec.origin).parent / name if spec and spec.origin else None
    if file is None or not file.is_file():
        raise HearsightError("the vectors of words are missing from this installation; reinstall hearsight")
    return file
