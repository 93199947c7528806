"""AVIGATE (CVPR 2025, arXiv 2504.02397): audio, fused into the frames through gates.

Blind fusion is the same with every gate fixed at 1: AVIGATE's own baseline.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar

from hearsight.models.audio_visual import AudioVisualModel
from hearsight.models.base import NO_BRANCHES, video_embedding
from hearsight.models.config import ModelConfig
from hearsight.models.layers import GatedFusion
from hearsight.models.method_options import option
from hearsight.models.tokenizer import Tokenizer
from hearsight.types import ClipFeatures, VideoEmbedding

# The paper draws a plain residual; the published program has these weights (docs/reference.md section 5).
FUSED, RESIDUAL = 0.05, 0.95


class AVIGATE(AudioVisualModel):
    """Frames attend to the resampled audio; gates decide how much of it they take in."""

    branches: ClassVar[tuple[str, ...]] = ("audio",)
    blind: ClassVar[bool] = False

    @dataclass(frozen=True)
    class Options(AudioVisualModel.Options):
        gated: bool = option(True, "whether gates are learned; otherwise all are 1, as in blind fusion")
        mask_padding: bool = option(False, "leave padded frames out of fusion; the published program does not")

    options: Options

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer | None = None) -> None:
        super().__init__(config, tokenizer)
        options = self.options
        gated = options.gated and not self.blind
        self.audio_fusion = GatedFusion(
            self.width, self.heads, layers=options.layers, gated=gated, mask_padding=options.mask_padding
        )

    def fuse(self, features: ClipFeatures, without: Collection[str] = NO_BRANCHES) -> VideoEmbedding:
        v0, mask, has_frames = self.vision(features)  # (B, F, D), (B, F), (B, 1, 1)
        sight = v0 * has_frames  # (B, F, D)
        if "audio" in without:
            return video_embedding(sight, mask, vision=sight)
        # A silent clip is fused, too: its filterbank is zeros, as published.
        audio = self.resample(features)  # (B, Q, D)
        heard, gates = self.audio_fusion(v0, audio, mask)  # (B, F, D), (B, L, 2)
        # A clip without frames has no residual: its sound is all there is.
        fused = FUSED * heard + RESIDUAL * sight
        return video_embedding(fused, mask, vision=sight, audio=audio, gates={"audio": gates})


class BlindFusion(AVIGATE):
    """AVIGATE with every gate fixed at 1, whatever `gated` says."""

    blind = True
