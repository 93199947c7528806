"""The gated fusion transformer (AVIGATE, section 3.3; docs/reference.md section 4): frames read a memory through gates.

A gate near 0 shuts an uninformative sound track out; blind fusion is the same with every gate fixed at 1.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from hearsight.models.layers import NORM_EPS, Attention, QuickGELU, mlp
from hearsight.models.similarity import masked_mean

# The published program adds this to the scores of padded frames with every token of the memory, which in exact
# arithmetic does nothing. In float32 it costs digits (2e-4 of the result), so it is kept: stages agree to 1e-4.
PADDED_ROW = -10_000.0


def gate(width: int) -> nn.Sequential:
    """2D -> 1, in (-1, 1), from the means of frames and memory side by side."""
    return nn.Sequential(
        nn.Linear(2 * width, width // 2, bias=False),
        QuickGELU(),
        nn.Linear(width // 2, 1, bias=False),
        nn.Tanh(),
    )


class GatedFusionBlock(nn.Module):
    def __init__(self, width: int, heads: int, gated: bool, mask_padding: bool) -> None:
        super().__init__()
        self.gated = gated
        self.mask_padding = mask_padding
        self.attention_gate = gate(width)
        self.mlp_gate = gate(width)
        self.cross_attention = Attention(width, heads)
        self.cross_mlp = mlp(width, bias=False)
        self.self_attention = Attention(width, heads)
        self.mlp = mlp(width)
        self.norm1 = nn.LayerNorm(width, eps=NORM_EPS)
        self.norm2 = nn.LayerNorm(width, eps=NORM_EPS)
        self.norm3 = nn.LayerNorm(width, eps=NORM_EPS)
        self.norm4 = nn.LayerNorm(width, eps=NORM_EPS)

    def gates(self, x: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        """(B, 2): the gates of attention and MLP."""
        if not self.gated:
            return x.new_ones(len(x), 2)
        frames = masked_mean(x, mask) if self.mask_padding else x.mean(dim=1)
        context = torch.cat([frames, memory.mean(dim=1)], dim=-1)  # (B, 2D)
        return torch.cat([self.attention_gate(context), self.mlp_gate(context)], dim=-1)

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        gates = self.gates(x, memory, mask)
        shift = None if self.mask_padding else (~mask).to(x.dtype) * PADDED_ROW
        heard = self.cross_attention(self.norm3(x), memory, shift=shift)  # the memory is not normalised
        x = x + gates[:, :1, None] * heard
        x = x + gates[:, 1:, None] * self.cross_mlp(self.norm4(x))
        normed = self.norm1(x)
        x = x + self.self_attention(normed, normed, hidden=~mask if self.mask_padding else None)
        return x + self.mlp(self.norm2(x)), gates


class GatedFusion(nn.Module):
    """Frames (B, F, D) and a memory (B, M, D) -> fused frames (B, F, D) and gates (B, L, 2).

    mask: (B, F), True for a real frame. As published, padded frames take part in means and self-attention, and are left
    out only in pooling and similarity; mask_padding leaves them out here, too.
    """

    def __init__(self, width: int, heads: int, layers: int, gated: bool = True, mask_padding: bool = False) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(GatedFusionBlock(width, heads, gated, mask_padding) for _ in range(layers))

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        gates = []
        for block in self.blocks:
            x, block_gates = block(x, memory, mask)
            gates.append(block_gates)
        return x, torch.stack(gates, dim=1)
