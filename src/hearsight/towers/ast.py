"""The Audio Spectrogram Transformer (arXiv 2104.01778): a vision transformer of 16 x 16 patches of a filterbank.

Patches overlap, and there are two first tokens, as in the distilled DeiT that it derives from. Modules have the names
that the transformers library gives them.

Letters: B clips, T rows of the filterbank, M mel bins, S tokens, D width.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from hearsight.towers.config import ASTConfig, ast_config
from hearsight.towers.distinct_inputs import encode_distinct
from hearsight.towers.transformer import MLP, attend, start


class Attention(nn.Module):
    def __init__(self, config: ASTConfig) -> None:
        super().__init__()
        D, bias = config.hidden_size, config.qkv_bias
        self.heads = config.num_attention_heads
        self.q_proj = nn.Linear(D, D, bias=bias)
        self.k_proj = nn.Linear(D, D, bias=bias)
        self.v_proj = nn.Linear(D, D, bias=bias)
        self.o_proj = nn.Linear(D, D)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.o_proj(attend(self.q_proj(x), self.k_proj(x), self.v_proj(x), self.heads))
        return out


class Layer(nn.Module):
    """(B, S, D) -> (B, S, D)."""

    def __init__(self, config: ASTConfig) -> None:
        super().__init__()
        D = config.hidden_size
        self.attention = Attention(config)
        self.layernorm_before = nn.LayerNorm(D, eps=config.layer_norm_eps)
        self.layernorm_after = nn.LayerNorm(D, eps=config.layer_norm_eps)
        self.mlp = MLP(D, config.intermediate_size, config.hidden_act)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attention(self.layernorm_before(x))
        x = x + self.mlp(self.layernorm_after(x))
        return x


class PatchEmbeddings(nn.Module):
    """(B, T, M) -> (B, patches, D): one frequency after the other, from low to high."""

    def __init__(self, config: ASTConfig) -> None:
        super().__init__()
        strides = config.frequency_stride, config.time_stride
        self.projection = nn.Conv2d(1, config.hidden_size, kernel_size=config.patch_size, stride=strides)

    def forward(self, filterbank: Tensor) -> Tensor:
        picture = filterbank.transpose(1, 2)[:, None]  # B 1 M T
        patches: Tensor = self.projection(picture).flatten(2).transpose(1, 2)  # B D across along -> B S D
        return patches


class Embeddings(nn.Module):
    """(B, T, M) -> (B, 2 + patches, D): class and distillation token, then patches, with positions."""

    def __init__(self, config: ASTConfig) -> None:
        super().__init__()
        D, (across, along) = config.hidden_size, config.grid
        self.cls_token = nn.Parameter(torch.zeros(1, 1, D))
        self.distillation_token = nn.Parameter(torch.zeros(1, 1, D))
        self.position_embeddings = nn.Parameter(torch.zeros(1, 2 + across * along, D))
        self.patch_embeddings = PatchEmbeddings(config)

    def forward(self, filterbank: Tensor) -> Tensor:
        patches = self.patch_embeddings(filterbank)
        first = torch.cat([self.cls_token, self.distillation_token], dim=1).expand(len(patches), -1, -1)  # B 2 D
        return torch.cat([first, patches], dim=1) + self.position_embeddings


class AST(nn.Module):
    """(B, T, M) -> (B, 2 + patches, D): embeddings, layers and a norm, which `AudioTower` applies."""

    def __init__(self, config: ASTConfig) -> None:
        super().__init__()
        self.embeddings = Embeddings(config)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))
        self.layernorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        for module in self.modules():
            if isinstance(module, (nn.Linear, nn.Conv2d)):
                start(module, config.initializer_range)


class AudioTower(nn.Module):
    """AST as AVIGATE uses it (docs/reference.md section 2).

    config: a dictionary as transformers' `ASTConfig` has it.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        self.config = ast_config(config)
        self.model = AST(self.config)

    @property
    def width(self) -> int:
        """Da, the width of an audio token."""
        return self.config.hidden_size

    @property
    def rows(self) -> int:
        """Rows of the filterbank that the tower expects (1024 as published)."""
        return self.config.max_length

    @property
    def grid(self) -> tuple[int, int]:
        """Patches across frequencies, and across time; 12 x 101 as published."""
        return self.config.grid

    def average_frequencies(self, tokens: Tensor) -> Tensor:
        """Average patches over frequencies: (B, A, Da) -> (B, 1 + time, Da), the first token, then one a moment."""
        across, along = self.grid
        patches = tokens[:, 1:].reshape(len(tokens), across, along, -1)  # AST lists one frequency after the other
        return torch.cat([tokens[:, :1], patches.mean(dim=1)], dim=1)

    def forward(self, filterbank: Tensor) -> Tensor:
        """(B, T, 128) -> (B, A, Da), float32: the average of class and distillation token, then the patches."""
        return encode_distinct(self._encode, filterbank)

    def _encode(self, filterbank: Tensor) -> Tensor:
        x = self.model.embeddings(filterbank.to(self.model.embeddings.cls_token.dtype))
        for layer in self.model.layers:
            x = layer(x)
        # AST's own forward normalises before it averages the two first tokens.
        first = x[:, :2].mean(dim=1, keepdim=True)
        tokens: Tensor = self.model.layernorm(torch.cat([first, x[:, 2:]], dim=1))
        return tokens.float()
