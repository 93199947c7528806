"""The teacher of soft-ALBEF: similarities of pictures and sounds by a model that was trained for that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

import torch
from torch import Tensor
from torch.nn import functional as F

from hearsight.models.audio_visual import AudioVisualModel
from hearsight.models.layers import masked_mean
from hearsight.research.datasets.feature_set import FeatureSet

BLOCK = 256


@dataclass(frozen=True)
class Teacher:
    """Unit vectors (N, D) of the pictures (seen) and of the sounds (heard) of N clips."""

    seen: Tensor
    heard: Tensor

    def cosines(self, seen: Sequence[int], heard: Sequence[int]) -> Tensor:
        """Return M0 (B, B): the cosine of the pictures of clip seen[i] with the sound of clip heard[j]."""
        return self.seen[list(seen)] @ self.heard[list(heard)].T

    @property
    def fingerprint(self) -> str:
        """Hash of the vectors, which a run records, so that it does not continue with another teacher."""
        return sha256(torch.cat([self.seen, self.heard]).numpy().tobytes()).hexdigest()


@torch.no_grad()
def towers_as_teacher(towers: AudioVisualModel, clips: FeatureSet) -> Teacher:
    """Return the frozen towers as a teacher: the mean of frames and the mean of projected audio tokens."""
    seen, heard = [], []
    for start in range(0, len(clips), BLOCK):
        features = towers.features(clips.batch(range(start, min(start + BLOCK, len(clips)))))
        assert features.audio is not None, "these towers have an audio tower"
        seen.append(masked_mean(features.frames, features.frame_mask))
        heard.append(towers.audio_projection(features.audio).mean(dim=1))
    return Teacher(*(F.normalize(torch.cat(vectors), dim=-1).cpu() for vectors in (seen, heard)))
