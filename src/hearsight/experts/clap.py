"""Compares queries with what is heard by CLAP: texts in NumPy, which start at once, and sounds by transformers.

CLAP was trained on English descriptions of sounds, and knows little of what is said. Wu et al., Large-scale Contrastive
Language-Audio Pretraining with Feature Fusion and Keyword-to-Caption Augmentation (2023).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hearsight.errors import HearsightError
from hearsight.experts.clap_checkpoint import CHECKPOINT, read_settings, read_text_weights
from hearsight.experts.unpadded_texts import MAX_LETTERS, read_tokenizer
from hearsight.towers.numpy_clap import NumpyClapText

if TYPE_CHECKING:
    from tokenizers import Tokenizer

    from hearsight.towers.clap_audio import ClapAudio

KIND = CHECKPOINT.prefix  # before the colon of a name
DEFAULT_MODEL = "laion/clap-htsat-unfused"
# Texts of which no two mean the same sound. laion/larger_clap_music gives unrelated texts cosines of 0.9993, and other
# checkpoints 0.2 to 0.3 (github.com/embeddings-benchmark/mteb/issues/5069).
PROBES = ("a dog barks", "heavy rain falls on a roof", "someone plays the piano", "an engine starts")
SAME = 0.99
SAMPLED = 256  # numbers of each tensor that the fingerprint reads


class Clap:
    """A CLAP of the hub (a `SoundExpert`).

    model: a hub id, or the absolute path of a folder. It must be on this machine.
    Raises HearsightError for a model that is missing, damaged, or of another kind.
    """

    def __init__(self, model: str = DEFAULT_MODEL) -> None:
        self.name = f"{KIND}:{model}"
        self._folder = CHECKPOINT.locate(model)
        self._settings = settings = read_settings(self._folder)
        self.width, self.sample_rate = settings.width, settings.sample_rate
        self.window_seconds = settings.window_seconds
        self._weights = read_text_weights(self._folder)
        self._texts = NumpyClapText(settings.text, self.width, self._weights, str(self._folder))
        self._sounds: dict[str, ClapAudio] = {}  # by device

    @cached_property
    def fingerprint(self) -> str:
        """A short hash of the settings, and of the beginning of each tensor: all of them would take a second."""
        tokenizer = self._folder / "tokenizer.json"
        digest = hashlib.sha256(repr((self._settings, tokenizer.stat().st_size)).encode())
        with tokenizer.open("rb") as opened:
            digest.update(opened.read(1 << 16))
        for name, tensor in sorted(self._weights.items()):
            digest.update(name.encode())
            digest.update(tensor.values.reshape(-1)[:SAMPLED].tobytes())
        return digest.hexdigest()[:12]

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a unit vector for each query, (N, W)."""
        encodings = self._tokenizer.encode_batch([text[:MAX_LETTERS] for text in texts])
        return self._unit(self._texts([encoding.ids for encoding in encodings]))

    def encode_sounds(self, sounds: Sequence[NDArray[np.float32]], device: str = "cpu") -> NDArray[np.float32]:
        """Return a unit vector for each sound, (N, W). See `SoundExpert`."""
        if device not in self._sounds:
            from hearsight.towers.clap_audio import ClapAudio

            self._sounds[device] = ClapAudio(self._folder, self._weights, self._settings.extractor, device)
        return self._unit(self._sounds[device](sounds))

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return read_tokenizer(self._folder, self._settings.text.max_tokens, self._texts.vocabulary)

    def _unit(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return vectors of length 1. Raises HearsightError for what is not finite."""
        if not np.isfinite(vectors).all():
            raise HearsightError(
                f"cannot use the sound expert {self.name}: the model computes no finite numbers, so its weights are "
                "damaged; download it again, or choose another with --sound"
            )
        unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-12)
        return unit


def check_clap(expert: Clap) -> None:
    """Raise HearsightError for a model that cannot tell texts apart, or cannot encode a sound."""
    texts = expert.encode_queries(PROBES)
    if (texts @ texts.T).min() > SAME:
        raise HearsightError(
            f"cannot use the sound expert {expert.name}: the model gives every text nearly the same vector, so no "
            "query would find anything; the checkpoint is broken, choose another with --sound"
        )
    expert.encode_sounds([np.zeros(expert.sample_rate, np.float32)])
