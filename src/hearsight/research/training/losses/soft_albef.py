"""Soft-ALBEF (SAVE, section 3.4; docs/reference.md section 7): vision and audio aligned early by soft labels."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from hearsight.types import VideoEmbedding

SHARPNESS = 5.0


def vision_audio_similarity(video: VideoEmbedding) -> Tensor:
    """M1 (B, B): cosine of clip i's vision before fusion with clip j's resampled audio. Padding takes part."""
    assert video.audio is not None, "soft-ALBEF needs a model that listens"
    vision = F.normalize(F.normalize(video.vision.float(), dim=-1).mean(dim=1), dim=-1)
    audio = F.normalize(F.normalize(video.audio.float(), dim=-1).mean(dim=1), dim=-1)
    return vision @ audio.T


def soft_albef_loss(video: VideoEmbedding, teacher: Tensor, has_audio: Tensor) -> Tensor:
    """How far the rows and columns of M1 are from the teacher's, by Pearson distance.

    teacher: M0 (B, B), the same cosines from a frozen teacher. has_audio: (B,); clips without an audio track are left
    out of both, and with fewer than two left there is nothing to compare: 0.
    """
    heard = has_audio.bool()
    ours = vision_audio_similarity(video)[heard][:, heard]
    theirs = teacher[heard][:, heard]
    if len(ours) < 2:
        return ours.sum() * 0
    return _row_distance(ours, theirs) + _row_distance(ours.T, theirs.T)


def _row_distance(ours: Tensor, theirs: Tensor) -> Tensor:
    """Mean over rows of 1 - corr(softmax(5 ours), softmax(5 theirs))."""
    p = (SHARPNESS * ours).softmax(dim=-1)
    q = (SHARPNESS * theirs).softmax(dim=-1)
    correlation = F.cosine_similarity(p - p.mean(dim=-1, keepdim=True), q - q.mean(dim=-1, keepdim=True), dim=-1)
    return (1 - correlation).mean()
