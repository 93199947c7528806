"""What the sound experts of the hub have in common: texts in NumPy, which start at once, and sounds by transformers."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from hearsight.errors import HearsightError
from hearsight.experts.hub_checkpoint import CheckpointKind
from hearsight.models.unpadded_texts import MAX_LETTERS, read_tokenizer
from hearsight.towers.mapped_weights import MappedTensor

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# Texts of which no two mean the same sound. laion/larger_clap_music gives unrelated texts cosines of 0.9993, and other
# checkpoints 0.2 to 0.3 (github.com/embeddings-benchmark/mteb/issues/5069).
PROBES = ("a dog barks", "heavy rain falls on a roof", "someone plays the piano", "an engine starts")
SAME = 0.99
SAMPLED = 256  # numbers of each tensor that the fingerprint reads

Vectors = NDArray[np.float32]
AudioTower = Callable[[Sequence[Vectors]], Vectors]


class TextTower(Protocol):
    """Texts as token ids -> vectors. vocabulary: the number of tokens that it has vectors for."""

    vocabulary: int

    def __call__(self, texts: Sequence[Sequence[int]]) -> Vectors: ...


class Settings(Protocol):
    """The settings of a checkpoint, whose `repr` says all of them. max_tokens: of a text. The others: `SoundExpert`."""

    @property
    def width(self) -> int: ...
    @property
    def max_tokens(self) -> int: ...
    @property
    def sample_rate(self) -> int: ...
    @property
    def window_seconds(self) -> float: ...


class HubSoundExpert(ABC):
    """A sound expert of the hub (a `SoundExpert`), compared by cosines.

    checkpoint: the kind of its files. default_model: what a name without a model stands for.
    """

    checkpoint: ClassVar[CheckpointKind]
    default_model: ClassVar[str]

    def __init__(
        self, model: str, folder: Path, settings: Settings, weights: Mapping[str, MappedTensor], texts: TextTower
    ) -> None:
        self.name = f"{self.checkpoint.prefix}:{model}"
        self.width, self.sample_rate = settings.width, settings.sample_rate
        self.window_seconds = settings.window_seconds
        self._folder, self._settings, self._weights, self._texts = folder, settings, weights, texts
        self._sounds: dict[str, AudioTower] = {}  # by device

    @abstractmethod
    def _load_audio_tower(self, device: str) -> AudioTower:
        """Return what encodes sounds to vectors, not unit."""

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

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Return a unit vector for each query, (N, W)."""
        encodings = self._tokenizer.encode_batch([text[:MAX_LETTERS] for text in texts])
        return self._unit(self._texts([encoding.ids for encoding in encodings]))

    def encode_sounds(self, sounds: Sequence[Vectors], device: str = "cpu") -> Vectors:
        """Return a unit vector for each sound, (N, W). See `SoundExpert`."""
        if device not in self._sounds:
            self._sounds[device] = self._load_audio_tower(device)
        return self._unit(self._sounds[device](sounds))

    def check(self) -> None:
        """Raise HearsightError for a model that cannot tell texts apart, or cannot encode a sound."""
        texts = self.encode_queries(PROBES)
        if (texts @ texts.T).min() > SAME:
            raise HearsightError(
                f"cannot use the sound expert {self.name}: the model gives every text nearly the same vector, so no "
                "query would find anything; the checkpoint is broken, choose another with --sound"
            )
        self.encode_sounds([np.zeros(self.sample_rate, np.float32)])

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return read_tokenizer(self._folder, self._settings.max_tokens, self._texts.vocabulary)

    def _unit(self, vectors: NDArray[Any]) -> Vectors:
        """Return vectors of length 1. Raises HearsightError for what is not finite."""
        if not np.isfinite(vectors).all():
            raise HearsightError(
                f"cannot use the sound expert {self.name}: the model computes no finite numbers, so its weights are "
                "damaged; download it again, or choose another with --sound"
            )
        unit: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True).clip(1e-12)
        return unit
