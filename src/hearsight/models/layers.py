"""The small layers that the fusion modules are made of."""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

from hearsight.towers.transformer import quick_gelu

NORM_EPS = 1e-12  # of every LayerNorm in the published fusion modules


class QuickGELU(nn.Module):
    """x * sigmoid(1.702 x), the activation of OpenAI's CLIP."""

    def forward(self, x: Tensor) -> Tensor:
        return quick_gelu(x)


def mlp(width: int, bias: bool = True) -> nn.Sequential:
    """D -> 4D -> D."""
    return nn.Sequential(
        OrderedDict(
            expand=nn.Linear(width, 4 * width, bias=bias),
            activation=QuickGELU(),
            project=nn.Linear(4 * width, width, bias=bias),
        )
    )


class Attention(nn.MultiheadAttention):
    """Multi-head attention of queries (B, Q, D) over a memory (B, M, D); -> (B, Q, D)."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__(width, heads, batch_first=True)

    def forward(  # type: ignore[override]
        self, query: Tensor, memory: Tensor, hidden: Tensor | None = None, shift: Tensor | None = None
    ) -> Tensor:
        """hidden: (B, M), True for a token of the memory that nothing may attend to.

        shift: (B, Q), added to the scores of a query with every token alike.
        """
        if shift is not None:
            shift = shift[:, :, None].expand(-1, -1, memory.shape[1]).repeat_interleave(self.num_heads, dim=0)
        return super().forward(query, memory, memory, key_padding_mask=hidden, attn_mask=shift, need_weights=False)[0]
