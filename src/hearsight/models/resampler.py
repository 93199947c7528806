"""The audio resampler (AVIGATE, section 3.2; docs/reference.md section 3): many audio tokens to a few."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hearsight.models.layers import NORM_EPS, Attention, mlp


class ResamplerBlock(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.self_attention = Attention(width, heads)
        self.cross_attention = Attention(width, heads)
        self.mlp = mlp(width)
        self.norm1 = nn.LayerNorm(width, eps=NORM_EPS)
        self.norm2 = nn.LayerNorm(width, eps=NORM_EPS)
        self.norm3 = nn.LayerNorm(width, eps=NORM_EPS)

    def forward(self, x: Tensor, audio: Tensor) -> Tensor:
        normed = self.norm1(x)
        x = x + self.self_attention(normed, normed)
        # One norm serves the queries and the audio: so it is published.
        x = x + self.cross_attention(self.norm3(x), self.norm3(audio))
        x = x + self.mlp(self.norm2(x))
        return x


class Resampler(nn.Module):
    """Q learned queries read A audio tokens: (B, A, D) -> (B, Q, D)."""

    def __init__(self, width: int, heads: int, layers: int, queries: int) -> None:
        super().__init__()
        self.queries = nn.Parameter(nn.init.orthogonal_(torch.empty(width, queries)))  # D x Q, as published
        self.position = nn.Parameter(torch.zeros(queries, width))
        self.blocks = nn.ModuleList(ResamplerBlock(width, heads) for _ in range(layers))

    def forward(self, audio: Tensor) -> Tensor:
        x = (self.queries.T + self.position).expand(len(audio), -1, -1)  # (B, Q, D)
        for block in self.blocks:
            x = block(x, audio)
        return x
