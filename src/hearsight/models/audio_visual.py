"""What every method that listens is built on: an audio tower, the resampler, and positions that tell frames apart.

docs/reference.md sections 1 to 3. What becomes of the three is a method's own: avigate.py, save.py, chorus.py.
"""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor, nn

from hearsight.errors import HearsightError
from hearsight.models.base import VideoTextModel
from hearsight.models.config import ModelConfig
from hearsight.models.preprocess import ClipInputs
from hearsight.models.resampler import Resampler
from hearsight.models.tokenizer import Tokenizer
from hearsight.towers.ast import AudioTower
from hearsight.towers.filterbank import BINS
from hearsight.types import ClipFeatures


class AudioVisualModel(VideoTextModel):
    """Frames with positions, resampled audio, and, where "speech" is a branch, CLIP's tokens of the words."""

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer | None = None) -> None:
        super().__init__(config, tokenizer)
        if config.ast is None:
            raise HearsightError(f"the configuration of a '{config.method}' model lacks 'ast'; it needs an audio tower")
        D = self.width
        self.heads = config.heads or D // 64
        self.ast = AudioTower(config.ast)
        self.audio_projection = nn.Linear(self.ast.width, D, bias=False)
        self.resampler = Resampler(D, self.heads, config.layers, config.queries)
        self.frame_position = nn.Embedding(config.positions, D)

    @property
    def audio_rows(self) -> int | None:
        return self.ast.rows

    def extract(self, clips: ClipInputs) -> ClipFeatures:
        features = super().extract(clips)
        filterbank, speech_ids = clips.filterbank, clips.speech_ids
        if filterbank is None:
            filterbank = torch.zeros(len(clips.pixel_values), self.ast.rows, BINS)
        audio = self.ast(filterbank.to(self.device) * features.has_audio[:, None, None])
        features.audio = self.ast.average_frequencies(audio) if self.config.average_frequencies else audio
        if "speech" in self.branches:
            if speech_ids is None:
                speech_ids = torch.zeros(len(clips.pixel_values), self.config.words, dtype=torch.long)
            features.speech_ids = speech_ids.to(self.device) * features.has_speech[:, None]
        return features

    def vision(self, features: ClipFeatures) -> tuple[Tensor, Tensor, Tensor]:
        frames, mask, seen = super().vision(features)
        return frames + self.frame_position.weight[: frames.shape[1]], mask, seen

    def remember(self, features: ClipFeatures) -> ClipFeatures:
        said = self.read(features) if "speech" in self.branches else None
        return replace(features, heard=self.resample(features), said=said)

    def resample(self, features: ClipFeatures) -> Tensor:
        """(B, A, Da) tokens -> (B, Q, D)."""
        if features.heard is not None:
            return features.heard
        assert features.audio is not None, "features of a model that does not listen"
        resampled: Tensor = self.resampler(self.audio_projection(features.audio))
        return resampled

    def read(self, features: ClipFeatures) -> Tensor:
        """What is said, as CLIP's tokens: (B, S, D)."""
        if features.said is not None:
            return features.said
        assert features.speech_ids is not None, "features of a model that does not read speech"
        tokens: Tensor = self.clip.tokens(features.speech_ids)
        return tokens
