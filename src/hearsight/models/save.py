"""SAVE (CVPR 2026, arXiv 2603.08224): AVIGATE, and a branch that reads what is said.

Its other half, soft-ALBEF, is a loss: see research/training/losses/soft_albef.py.
"""

from __future__ import annotations

from collections.abc import Collection

from hearsight.models.avigate import AVIGATE
from hearsight.models.base import NOTHING_WITHOUT, embedding
from hearsight.models.config import ModelConfig
from hearsight.models.tokenizer import Tokenizer
from hearsight.types import ClipFeatures, VideoEmbedding

BRANCH = 0.5  # weight of each branch beside the frames


class SAVE(AVIGATE):
    branches: tuple[str, ...] = ("audio", "speech")
    aligned = True

    def __init__(self, config: ModelConfig, tokenizer: Tokenizer | None = None) -> None:
        super().__init__(config, tokenizer)
        self.speech_fusion = self.fusion()

    def fuse(self, features: ClipFeatures, without: Collection[str] = NOTHING_WITHOUT) -> VideoEmbedding:
        v0, mask, seen = self.vision(features)
        fused = sight = v0 * seen
        audio, gates = None, {}
        # Both branches read the same v0: they stand side by side, not one after the other.
        if "audio" not in without:
            audio = self.resample(features)
            heard, gates["audio"] = self.audio_fusion(v0, audio, mask)
            fused = fused + BRANCH * heard
        if "speech" not in without:
            said, gates["speech"] = self.speech_fusion(v0, self.read(features), mask)
            fused = fused + BRANCH * said
        video = embedding(fused, mask, vision=sight, audio=audio)
        video.gates = gates
        return video
