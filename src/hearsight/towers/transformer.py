"""Parts that the transformers of CLIP and AST share (arXiv 1706.03762; with the norm first, arXiv 2002.04745).

A layer is  x = x + attention(norm(x)), then  x = x + mlp(norm(x)). Its parameters have different names in CLIP and in
AST (those of the transformers library), so each has a class for its layers in its own file.

Letters: B rows of a batch, S tokens, D width, H heads, d width of a head.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hearsight.errors import HearsightError


def quick_gelu(x: Tensor) -> Tensor:
    """Return x * sigmoid(1.702 x), OpenAI's approximation of GELU."""
    return x * torch.sigmoid(1.702 * x)


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "quick_gelu": quick_gelu,
    "gelu": F.gelu,
    "gelu_pytorch_tanh": partial(F.gelu, approximate="tanh"),
}


def attend(query: Tensor, key: Tensor, value: Tensor, heads: int, causal: bool = False) -> Tensor:
    """Return softmax(Q K^T / sqrt(d)) V in every head; (B, S, D) each -> (B, S, D).

    causal: a token attends to itself and to earlier tokens only.
    """
    B, S, D = query.shape
    query, key, value = (x.view(B, S, heads, D // heads).transpose(1, 2) for x in (query, key, value))  # B H S d
    attended = F.scaled_dot_product_attention(query, key, value, is_causal=causal)
    return attended.transpose(1, 2).reshape(B, S, D)


class MLP(nn.Module):
    """D -> hidden -> D. Raises HearsightError for an activation that is not supported."""

    def __init__(self, width: int, hidden: int, activation: str) -> None:
        super().__init__()
        if activation not in ACTIVATIONS:
            supported = ", ".join(ACTIVATIONS)
            raise HearsightError(
                f"a tower has hidden_act {activation!r}, and only {supported} are supported; choose another model"
            )
        self.activation = ACTIVATIONS[activation]
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.fc2(self.activation(self.fc1(x)))
        return out


def start(module: nn.Linear | nn.Conv2d | nn.Embedding, std: float) -> None:
    """Initialise a layer, in place: normally distributed weights, and a bias of zeros."""
    nn.init.normal_(module.weight, std=std)
    if not isinstance(module, nn.Embedding) and module.bias is not None:
        nn.init.zeros_(module.bias)
