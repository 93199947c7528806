"""The teacher of soft-ALBEF: how alike each picture and each sound are, by a model that was trained for that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import torch
from torch import Tensor
from torch.nn import functional as F

from hearsight.models.audio_visual import AudioVisualModel
from hearsight.models.layers import masked_mean
from hearsight.research.datasets.features import FeatureSet

BLOCK = 256


@dataclass(frozen=True)
class Teacher:
    """Unit vectors (N, D) of N clips' pictures and of their sounds."""

    seen: Tensor
    heard: Tensor

    def cosines(self, seen: Sequence[int], heard: Sequence[int]) -> Tensor:
        """M0 (B, B): the picture of each clip of `seen` with the sound of each of `heard`."""
        return self.seen[list(seen)] @ self.heard[list(heard)].T

    @property
    def fingerprint(self) -> str:
        """Hash of the vectors: a run records it, and does not go on with others."""
        return sha256(torch.cat([self.seen, self.heard]).numpy().tobytes()).hexdigest()


@torch.no_grad()
def towers_as_teacher(towers: AudioVisualModel, clips: FeatureSet) -> Teacher:
    """The frozen towers themselves: mean of frames against mean of projected audio tokens."""
    seen, heard = [], []
    for start in range(0, len(clips), BLOCK):
        features = towers.features(clips.batch(range(start, min(start + BLOCK, len(clips)))))
        assert features.audio is not None, "towers that listen"
        seen.append(masked_mean(features.frames, features.frame_mask))
        heard.append(towers.audio_projection(features.audio).mean(dim=1))
    return Teacher(*(F.normalize(torch.cat(vectors), dim=-1).cpu() for vectors in (seen, heard)))
