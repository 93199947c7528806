"""AVIGATE (CVPR 2025, arXiv 2504.02397): audio, fused into the frames through gates.

"blind" is the same with every gate fixed at 1: AVIGATE's own baseline.
"""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import Tensor, nn

from hearsight.models.clip4clip import NOTHING_WITHOUT, CLIP4Clip, embedding
from hearsight.models.config import ModelConfig
from hearsight.models.gated_fusion import GatedFusion
from hearsight.models.inputs import ClipInputs
from hearsight.models.resampler import Resampler
from hearsight.models.tokens import Tokenizer
from hearsight.towers.ast import AudioTower
from hearsight.towers.filterbank import BINS
from hearsight.types import ClipFeatures, VideoEmbedding

# The paper draws a plain residual; the published program weighs it so.
FUSED, RESIDUAL = 0.05, 0.95


class AVIGATE(CLIP4Clip):
    branches: tuple[str, ...] = ("audio",)

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer | None = None) -> None:
        super().__init__(config, tokenizer)
        assert config.ast is not None  # ModelConfig sees to it
        D = self.width
        self.heads = config.heads or D // 64
        self.ast = AudioTower(config.ast)
        self.audio_projection = nn.Linear(self.ast.width, D, bias=False)
        self.resampler = Resampler(D, self.heads, config.layers, config.queries)
        self.frame_position = nn.Embedding(config.positions, D)
        self.gated = config.gated and config.method != "blind"
        self.audio_fusion = self.fusion()

    def fusion(self) -> GatedFusion:
        """A fresh fusion transformer for one branch."""
        return GatedFusion(self.width, self.heads, self.config.layers, self.gated, self.config.mask_padding)

    @property
    def audio_rows(self) -> int | None:
        return self.ast.rows

    def extract(self, clips: ClipInputs) -> ClipFeatures:
        features = super().extract(clips)
        filterbank = clips.filterbank
        if filterbank is None:
            filterbank = torch.zeros(len(clips.pixel_values), self.ast.rows, BINS)
        audio = self.ast(filterbank.to(self.device) * features.has_audio[:, None, None])
        features.audio = self.ast.average_frequencies(audio) if self.config.average_frequencies else audio
        return features

    def fuse(self, features: ClipFeatures, without: Collection[str] = NOTHING_WITHOUT) -> VideoEmbedding:
        v0, mask, seen = self.vision(features)
        sight = v0 * seen
        if "audio" in without:
            return embedding(sight, mask, vision=sight)
        audio = self.resample(features)
        fused, gates = self.audio_fusion(v0, audio, mask)
        # Where nothing was seen there is no residual: what is heard is all there is.
        video = embedding(FUSED * fused + RESIDUAL * sight, mask, vision=sight, audio=audio)
        video.gates["audio"] = gates
        return video

    def vision(self, features: ClipFeatures) -> tuple[Tensor, Tensor, Tensor]:
        frames, mask, seen = super().vision(features)
        return frames + self.frame_position.weight[: frames.shape[1]], mask, seen

    def resample(self, features: ClipFeatures) -> Tensor:
        """(B, A, Da) tokens -> (B, Q, D)."""
        assert features.audio is not None, "features of a model that does not listen"
        resampled: Tensor = self.resampler(self.audio_projection(features.audio))
        return resampled
