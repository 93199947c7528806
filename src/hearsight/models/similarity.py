"""How alike a text and a video are."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from hearsight.types import VideoEmbedding


def similarity(text: Tensor, video: VideoEmbedding, scale: Tensor, temperature: float = 1.0) -> Tensor:
    """Multi-grained similarity of every text with every video (AVIGATE, section 3.4; docs/reference.md section 6).

    text: (N, D) unit vectors. video: B clips of F frames. scale: s, not its logarithm. Returns logits (N, B).
    """
    coarse = scale * text @ video.pooled.T  # (N, B)
    per_frame = scale * torch.einsum("nd,bfd->nbf", text, video.frames)  # (N, B, F)
    fine = masked_logsumexp(temperature * per_frame, video.mask) / temperature
    return (coarse + fine) / 2


def masked_logsumexp(x: Tensor, mask: Tensor) -> Tensor:
    """log(sum(exp(x))) over the last axis, where the mask is True. x: (N, B, F), mask: (B, F) -> (N, B)."""
    return torch.logsumexp(x.masked_fill(~mask, -torch.inf), dim=-1)


def pool(frames: Tensor, mask: Tensor) -> Tensor:
    """The unit mean of unit frame vectors over the real frames: (B, F, D), (B, F) -> (B, D).

    A clip of no real frame, or of frames that are zero, gives zeros.
    """
    return F.normalize(masked_mean(frames, mask), dim=-1)


def masked_mean(frames: Tensor, mask: Tensor) -> Tensor:
    """Mean over the frames where the mask is True: (B, F, D), (B, F) -> (B, D)."""
    weights = mask.to(frames.dtype)[..., None]
    return (frames * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1)
