"""Soft-ALBEF (SAVE, section 3.4; docs/reference.md section 7): vision and audio aligned before fusion."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from hearsight.types import VideoEmbedding

SHARPNESS = 5.0


def vision_audio_similarity(video: VideoEmbedding) -> Tensor:
    """Return M1 (B, B): cosine of clip i's vision before fusion with clip j's resampled audio. Padding takes part."""
    assert video.audio is not None, "soft-ALBEF needs a model with an audio tower"
    vision = F.normalize(F.normalize(video.vision.float(), dim=-1).mean(dim=1), dim=-1)
    audio = F.normalize(F.normalize(video.audio.float(), dim=-1).mean(dim=1), dim=-1)
    return vision @ audio.T


def soft_albef_loss(video: VideoEmbedding, teacher: Tensor, has_audio: Tensor) -> Tensor:
    """Return the Pearson distance of the rows and columns of M1 from the teacher's.

    teacher: M0 (B, B), the same cosines from a frozen teacher. has_audio: (B,); clips without an audio track are left
    out of both, and with fewer than two clips the loss is 0.
    """
    rows = has_audio.bool()
    student = vision_audio_similarity(video)[rows][:, rows]  # M1
    teacher = teacher[rows][:, rows]  # M0
    if len(student) < 2:
        return student.sum() * 0
    return _row_distance(student, teacher) + _row_distance(student.T, teacher.T)


def _row_distance(student: Tensor, teacher: Tensor) -> Tensor:
    """Return the mean over rows of 1 - corr(softmax(5 student), softmax(5 teacher))."""
    p = (SHARPNESS * student).softmax(dim=-1)
    q = (SHARPNESS * teacher).softmax(dim=-1)
    correlation = F.cosine_similarity(p - p.mean(dim=-1, keepdim=True), q - q.mean(dim=-1, keepdim=True), dim=-1)
    return (1 - correlation).mean()
