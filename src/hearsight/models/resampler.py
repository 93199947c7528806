"""The audio resampler (AVIGATE, section 3.2; docs/reference.md section 3): many audio tokens to a few."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hearsight.models.layers import NORM_EPS, Attention, mlp


class Reading(Attention):
    """The same attention, for few queries over a long memory.

    Keys and values of all A tokens would be most of the work. Instead the queries go through the weights of the keys,
    and what they gather goes through those of the values: H x Q vectors, not A. The bias of the keys adds the same to
    all scores of a query, so the softmax takes it out.
    """

    def forward(self, query: Tensor, memory: Tensor) -> Tensor:  # type: ignore[override]
        """(B, Q, D), (B, A, D) -> (B, Q, D)."""
        B, Q, D = query.shape
        H, d = self.num_heads, self.head_dim
        to_query, to_key, to_value = self.in_proj_weight.chunk(3)
        query_bias, _, value_bias = self.in_proj_bias.chunk(3)
        asked = F.linear(query, to_query, query_bias).view(B, Q, H, d)
        asked = torch.einsum("bqhe,hed->bhqd", asked, to_key.view(H, d, D)).reshape(B, 1, H * Q, D)
        tokens = memory[:, None]
        gathered = F.scaled_dot_product_attention(asked, tokens, tokens, scale=d**-0.5).view(B, H, Q, D)
        read = torch.einsum("bhqd,hed->bqhe", gathered, to_value.view(H, d, D)).reshape(B, Q, D)
        out: Tensor = self.out_proj(read + value_bias)
        return out


class ResamplerBlock(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.self_attention = Attention(width, heads)
        self.cross_attention = Reading(width, heads)
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
