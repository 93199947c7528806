"""The adaptive-margin contrastive loss (AVIGATE, section 3.5; docs/reference.md section 7)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from hearsight.models.layers import pool
from hearsight.types import VideoEmbedding


def adaptive_margin(text: Tensor, video: VideoEmbedding, weight: float = 0.2, limit: float = 0.1) -> Tensor:
    """Return the margin (B, B) of every negative pair: large if both texts and both pictures differ.

    text: (B, D), of any length. weight: lambda. limit: delta. No gradient flows through it.
    """
    with torch.no_grad():
        text = F.normalize(text, dim=-1)  # the length of a question of Chorus is its weight
        vision = pool(F.normalize(video.vision.float(), dim=-1), video.mask)  # before fusion
        cosines = (text @ text.T + vision @ vision.T) / 2
        margin = (weight * (1 - cosines)).clamp(max=limit)
        return margin.fill_diagonal_(0)


def adaptive_margin_loss(logits: Tensor, margin: Tensor, scale: Tensor) -> Tensor:
    """Return the contrastive loss in both directions, with s * margin added to the logits of negatives.

    logits: (B, B), text i belongs to video i. margin: (B, B), zero on the diagonal. scale: s.

        logits = model.similarity(text, video)
        loss = adaptive_margin_loss(logits, adaptive_margin(text, video), scale)
    """
    shifted = logits + scale * margin
    pairs = torch.arange(len(shifted), device=shifted.device)
    return (F.cross_entropy(shifted, pairs) + F.cross_entropy(shifted.T, pairs)) / 2
