"""SAVE (CVPR 2026, arXiv 2603.08224): audio and speech, each fused into the frames by a branch of its own.

Its other half, soft-ALBEF, is a loss: see research/training/losses/soft_albef.py. The modules are in layers.py, the
towers and the resampler are set up by audio_visual.py.
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

BRANCH_WEIGHT = 0.5  # of what a branch adds to the frames (docs/reference.md section 5)


class SAVE(AudioVisualModel):
    """Two gated fusion transformers side by side: frames attend to resampled audio, and to tokens of the transcript."""

    branches: ClassVar[tuple[str, ...]] = ("audio", "speech")
    soft_albef: ClassVar[bool] = True

    @dataclass(frozen=True)
    class Options(AudioVisualModel.Options):
        gated: bool = option(True, "whether gates are learned; otherwise all are 1, as in blind fusion")
        mask_padding: bool = option(False, "leave padded frames out of fusion; the published program does not")

    options: Options

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer | None = None) -> None:
        super().__init__(config, tokenizer)
        self.audio_fusion = self._fusion()
        self.speech_fusion = self._fusion()

    def _fusion(self) -> GatedFusion:
        options = self.options
        return GatedFusion(
            self.width, self.heads, layers=options.layers, gated=options.gated, mask_padding=options.mask_padding
        )

    def fuse(self, features: ClipFeatures, without: Collection[str] = NO_BRANCHES) -> VideoEmbedding:
        # Frames: CLIP's vectors and their positions.
        v0, mask, has_frames = self.vision(features)  # (B, F, D), (B, F), (B, 1, 1)
        sight = v0 * has_frames  # (B, F, D): what the branches are added to, zeros for a clip without frames
        fused = sight
        audio, gates = None, {}
        # Both branches read the same v0 (queries) and a memory of their own (keys and values): they stand side by side.
        # As published, clips without sound or speech are fused, too: `extract` reads zeros in their place.
        if "audio" not in without:
            audio = self.resample(features)  # (B, A, Da) -> (B, Q, D)
            heard, gates["audio"] = self.audio_fusion(v0, audio, mask)  # (B, F, D), (B, L, 2)
            fused = fused + BRANCH_WEIGHT * heard
        if "speech" not in without:
            # Padding of speech is read, as published; the option mask_padding is about frames alone.
            speech = self.speech_tokens(features)  # (B, S) -> (B, S, D)
            said, gates["speech"] = self.speech_fusion(v0, speech, mask)  # (B, F, D), (B, L, 2)
            fused = fused + BRANCH_WEIGHT * said
        # Unit frames and their pooled vector, for `similarity`; vision and audio, for the margin and for soft-ALBEF.
        return video_embedding(fused, mask, vision=sight, audio=audio, gates=gates)
