"""AVIGATE (CVPR 2025, arXiv 2504.02397): audio, fused into the frames through gates.

Blind fusion is the same with every gate fixed at 1: AVIGATE's own baseline.
"""

from __future__ import annotations

from collections.abc import Collection

from hearsight.models.audio_visual import AudioVisualModel
from hearsight.models.base import NOTHING_WITHOUT, embedding
from hearsight.models.config import ModelConfig
from hearsight.models.gated_fusion import GatedFusion
from hearsight.models.tokenizer import Tokenizer
from hearsight.types import ClipFeatures, VideoEmbedding

# The paper draws a plain residual; the published program weighs it so.
FUSED, RESIDUAL = 0.05, 0.95


class AVIGATE(AudioVisualModel):
    branches: tuple[str, ...] = ("audio",)
    blind = False

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer | None = None) -> None:
        super().__init__(config, tokenizer)
        self.gated = config.gated and not self.blind
        self.audio_fusion = self.fusion()

    def fusion(self) -> GatedFusion:
        """A fresh fusion transformer for one branch."""
        return GatedFusion(self.width, self.heads, self.config.layers, self.gated, self.config.mask_padding)

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


class Blind(AVIGATE):
    """Blind fusion."""

    blind = True
