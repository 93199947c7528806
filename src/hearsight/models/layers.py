"""The parts that methods are built from: attention, the audio resampler, gated fusion, pooling and similarity."""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hearsight.towers.transformer import quick_gelu
from hearsight.types import VideoEmbedding

NORM_EPS = 1e-12  # of every LayerNorm in the published fusion modules

# The published program adds this to every score of a padded frame's row. Softmax cancels it, apart from rounding
# (2e-4); it is kept so that our stages match the program's to 1e-4.
PADDED_ROW = -10_000.0


class QuickGELU(nn.Module):
    """The activation of OpenAI's CLIP, x * sigmoid(1.702 x)."""

    def forward(self, x: Tensor) -> Tensor:
        return quick_gelu(x)


def mlp(width: int, bias: bool = True) -> nn.Sequential:
    """Return a feed-forward network D -> 4D -> D."""
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
        self, query: Tensor, memory: Tensor, padding: Tensor | None = None, shift: Tensor | None = None
    ) -> Tensor:
        """Attend to a memory.

        padding: (B, M), True for a token of the memory that no query may attend to. shift: (B, Q), added to all scores
        of a query.
        """
        if shift is not None:
            shift = shift[:, :, None].expand(-1, -1, memory.shape[1]).repeat_interleave(self.num_heads, dim=0)
        return super().forward(query, memory, memory, key_padding_mask=padding, attn_mask=shift, need_weights=False)[0]


# The audio resampler (AVIGATE, section 3.2; docs/reference.md section 3): many audio tokens to a few.


class LongMemoryAttention(Attention):
    """The same attention, computed faster for few queries over a long memory.

    Keys and values of all A tokens would be most of the work. Instead the queries are multiplied by the weights of the
    keys, and the weighted sums of tokens by those of the values: H x Q vectors, not A. The bias of the keys adds the
    same to all scores of a query, so the softmax cancels it.
    """

    def forward(self, query: Tensor, memory: Tensor) -> Tensor:  # type: ignore[override]
        """Attend to a memory: (B, Q, D), (B, A, D) -> (B, Q, D)."""
        B, Q, D = query.shape
        H, d = self.num_heads, self.head_dim
        to_query, to_key, to_value = self.in_proj_weight.chunk(3)
        query_bias, _, value_bias = self.in_proj_bias.chunk(3)
        queries = F.linear(query, to_query, query_bias).view(B, Q, H, d)
        queries = torch.einsum("bqhe,hed->bhqd", queries, to_key.view(H, d, D)).reshape(B, 1, H * Q, D)
        tokens = memory[:, None]  # (B, 1, A, D)
        sums = F.scaled_dot_product_attention(queries, tokens, tokens, scale=d**-0.5).view(B, H, Q, D)
        values = torch.einsum("bhqd,hed->bqhe", sums, to_value.view(H, d, D)).reshape(B, Q, D)
        out: Tensor = self.out_proj(values + value_bias)
        return out


class ResamplerBlock(nn.Module):
    """A layer of the resampler: (B, Q, D) queries and (B, A, D) audio tokens -> (B, Q, D).

    Norms are numbered as published, not in the order of use: 1 and 2 are those of a layer of CLIP, copied with its
    self-attention and MLP.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.self_attention = Attention(width, heads)
        self.cross_attention = LongMemoryAttention(width, heads)
        self.mlp = mlp(width)
        self.norm1 = nn.LayerNorm(width, eps=NORM_EPS)
        self.norm2 = nn.LayerNorm(width, eps=NORM_EPS)
        self.norm3 = nn.LayerNorm(width, eps=NORM_EPS)

    def forward(self, x: Tensor, audio: Tensor) -> Tensor:
        normed = self.norm1(x)
        x = x + self.self_attention(normed, normed)
        # The queries and the audio share one norm, as published.
        x = x + self.cross_attention(self.norm3(x), self.norm3(audio))
        x = x + self.mlp(self.norm2(x))
        return x


class Resampler(nn.Module):
    """Q learned queries attend to A audio tokens: (B, A, D) -> (B, Q, D)."""

    def __init__(self, width: int, heads: int, layers: int, queries: int) -> None:
        super().__init__()
        self.queries = nn.Parameter(nn.init.orthogonal_(torch.empty(width, queries)))  # (D, Q), as published
        self.position = nn.Parameter(torch.zeros(queries, width))
        self.blocks = nn.ModuleList(ResamplerBlock(width, heads) for _ in range(layers))

    def forward(self, audio: Tensor) -> Tensor:
        x = (self.queries.T + self.position).expand(len(audio), -1, -1)  # (B, Q, D)
        for block in self.blocks:
            x = block(x, audio)
        return x


# The gated fusion transformer (AVIGATE, section 3.3; docs/reference.md section 4): frames attend to a memory through
# gates. A gate near 0 shuts out an uninformative sound track; blind fusion is the same with every gate fixed at 1.


def gate(width: int) -> nn.Sequential:
    """Return a network 2D -> 1, in (-1, 1), which reads the means of frames and memory side by side."""
    return nn.Sequential(
        nn.Linear(2 * width, width // 2, bias=False),
        QuickGELU(),
        nn.Linear(width // 2, 1, bias=False),
        nn.Tanh(),
    )


class GatedFusionBlock(nn.Module):
    """A layer of fusion: frames (B, F, D) and a memory (B, M, D) -> frames (B, F, D) and gates (B, 2).

    Norms 1 and 2 are those of a layer of CLIP, as in the resampler; 3 and 4 are used first.
    """

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
        """Return the gates of attention and feed-forward network: (B, 2)."""
        if not self.gated:
            return x.new_ones(len(x), 2)
        frames = masked_mean(x, mask) if self.mask_padding else x.mean(dim=1)
        context = torch.cat([frames, memory.mean(dim=1)], dim=-1)  # (B, 2D)
        return torch.cat([self.attention_gate(context), self.mlp_gate(context)], dim=-1)

    def forward(self, x: Tensor, memory: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        gates = self.gates(x, memory, mask)
        shift = None if self.mask_padding else (~mask).to(x.dtype) * PADDED_ROW
        attended = self.cross_attention(self.norm3(x), memory, shift=shift)  # the memory is not normalised
        x = x + gates[:, :1, None] * attended
        x = x + gates[:, 1:, None] * self.cross_mlp(self.norm4(x))
        normed = self.norm1(x)
        x = x + self.self_attention(normed, normed, padding=~mask if self.mask_padding else None)
        return x + self.mlp(self.norm2(x)), gates


class GatedFusion(nn.Module):
    """A fusion transformer: frames (B, F, D) and a memory (B, M, D) -> fused frames (B, F, D) and gates (B, L, 2).

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


# Pooling and similarity (AVIGATE, section 3.4; docs/reference.md sections 5 and 6).


def masked_mean(frames: Tensor, mask: Tensor) -> Tensor:
    """Return the mean over the frames where the mask is True: (B, F, D), (B, F) -> (B, D)."""
    weights = mask.to(frames.dtype)[..., None]
    return (frames * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1)


def pool(frames: Tensor, mask: Tensor) -> Tensor:
    """Return the unit mean of unit frame vectors over the real frames: (B, F, D), (B, F) -> (B, D).

    A clip without real frames, or with frames that are zero, gives zeros.
    """
    return F.normalize(masked_mean(frames, mask), dim=-1)


def masked_logsumexp(x: Tensor, mask: Tensor) -> Tensor:
    """Return log(sum(exp(x))) over the last axis, where the mask is True. x: (N, B, F), mask: (B, F) -> (N, B)."""
    return torch.logsumexp(x.masked_fill(~mask, -torch.inf), dim=-1)


def multi_grained_similarity(text: Tensor, video: VideoEmbedding, scale: Tensor, temperature: float = 1.0) -> Tensor:
    """Return logits (N, B) of every text with every video: the mean of its similarities with the clip and with frames.

    text: (N, D) unit vectors (from Chorus, of the length that is their weight). video: B clips of F frames. scale: s,
    not its logarithm. temperature: tau of log(sum(exp(tau x))) / tau over the frames' similarities x, as published.
    """
    coarse = scale * text @ video.pooled.T  # (N, B)
    frame_similarities = scale * torch.einsum("nd,bfd->nbf", text, video.frames)  # (N, B, F)
    fine = masked_logsumexp(temperature * frame_similarities, video.mask) / temperature
    return (coarse + fine) / 2
