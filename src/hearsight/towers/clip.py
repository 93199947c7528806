"""CLIP (arXiv 2103.00020): an image and a text transformer whose outputs share one space.

Modules have the names that the transformers library gives them, so that checkpoints fit both. They are initialised as
OpenAI's are (section 2.5 and the published program): the deeper a tower, the less each layer adds to the residual
stream at first.

Letters: B clips, F frames, N rows (pictures or texts), S tokens, D widths; H, W and P pixels of a picture and a patch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hearsight.errors import HearsightError
from hearsight.towers.config import METACLIP, CLIPConfig, TextConfig, VisionConfig, clip_config
from hearsight.towers.distinct_inputs import encode_distinct
from hearsight.towers.pixels import PictureSettings, pixels
from hearsight.towers.transformer import MLP, attend, start


class Attention(nn.Module):
    def __init__(self, config: TextConfig | VisionConfig, causal: bool) -> None:
        super().__init__()
        D = config.hidden_size
        self.heads = config.num_attention_heads
        self.causal = causal
        self.k_proj = nn.Linear(D, D)
        self.v_proj = nn.Linear(D, D)
        self.q_proj = nn.Linear(D, D)
        self.out_proj = nn.Linear(D, D)

    def forward(self, x: Tensor) -> Tensor:
        attended = attend(self.q_proj(x), self.k_proj(x), self.v_proj(x), self.heads, self.causal)
        out: Tensor = self.out_proj(attended)
        return out


class Layer(nn.Module):
    def __init__(self, config: TextConfig | VisionConfig, causal: bool) -> None:
        super().__init__()
        D = config.hidden_size
        self.self_attn = Attention(config, causal)
        self.layer_norm1 = nn.LayerNorm(D, eps=config.layer_norm_eps)
        self.mlp = MLP(D, config.intermediate_size, config.hidden_act)
        self.layer_norm2 = nn.LayerNorm(D, eps=config.layer_norm_eps)
        self._start(config)

    def _start(self, config: TextConfig | VisionConfig) -> None:
        width = config.hidden_size**-0.5 * config.initializer_factor
        depth = (2 * config.num_hidden_layers) ** -0.5
        for projection in (self.self_attn.k_proj, self.self_attn.v_proj, self.self_attn.q_proj, self.mlp.fc2):
            start(projection, width * depth)
        start(self.self_attn.out_proj, width)
        start(self.mlp.fc1, width * 2**-0.5)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.self_attn(self.layer_norm1(x))
        x = x + self.mlp(self.layer_norm2(x))
        return x


class Encoder(nn.Module):
    """(N, S, D) -> (N, S, D), layer after layer."""

    def __init__(self, config: TextConfig | VisionConfig, causal: bool) -> None:
        super().__init__()
        self.layers = nn.ModuleList(Layer(config, causal) for _ in range(config.num_hidden_layers))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer(x)
        return x


class TextEmbeddings(nn.Module):
    """(N, S) ids -> (N, S, D)."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.token_embedding = nn.Embedding(config.vocab_size, config.hidden_size)
        self.position_embedding = nn.Embedding(config.max_position_embeddings, config.hidden_size)
        for embedding in (self.token_embedding, self.position_embedding):
            start(embedding, 0.02 * config.initializer_factor)

    def forward(self, ids: Tensor) -> Tensor:
        words: Tensor = self.token_embedding(ids)
        return words + self.position_embedding.weight[: ids.shape[1]]


class TextTransformer(nn.Module):
    """(N, S) ids -> (N, S, D) hidden states. Causal: a token does not see later ones."""

    def __init__(self, config: TextConfig) -> None:
        super().__init__()
        self.embeddings = TextEmbeddings(config)
        self.encoder = Encoder(config, causal=True)
        self.final_layer_norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def forward(self, ids: Tensor) -> Tensor:
        states: Tensor = self.final_layer_norm(self.encoder(self.embeddings(ids)))
        return states


class VisionEmbeddings(nn.Module):
    """(N, 3, H, W) pixels -> (N, 1 + patches, D): the class token, then patches row by row, with positions."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        D, P = config.hidden_size, config.patch_size
        self.image_size = config.image_size
        self.class_embedding = nn.Parameter(torch.randn(D) * D**-0.5 * config.initializer_factor)
        self.patch_embedding = nn.Conv2d(3, D, kernel_size=P, stride=P, bias=False)
        self.position_embedding = nn.Embedding(1 + (self.image_size // P) ** 2, D)
        for embedding in (self.patch_embedding, self.position_embedding):
            start(embedding, config.initializer_range * config.initializer_factor)

    def forward(self, pixels: Tensor) -> Tensor:
        if pixels.shape[2:] != (self.image_size, self.image_size):
            height, width = pixels.shape[2:]
            raise HearsightError(
                f"pictures of {height} x {width} pixels; resize them to {self.image_size} x {self.image_size}, as "
                "this model takes them"
            )
        patches = self.patch_embedding(pixels).flatten(2).transpose(1, 2)  # N D H/P W/P -> N S D
        first = self.class_embedding.expand(len(pixels), 1, -1)  # N 1 D
        return torch.cat([first, patches], dim=1) + self.position_embedding.weight


class VisionTransformer(nn.Module):
    """(N, 3, H, W) pixels -> (N, D): the state of the class token."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.embeddings = VisionEmbeddings(config)
        self.pre_layrnorm = nn.LayerNorm(
            config.hidden_size, eps=config.layer_norm_eps
        )  # misspelt as in published checkpoints
        self.encoder = Encoder(config, causal=False)
        self.post_layernorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def forward(self, pixels: Tensor) -> Tensor:
        states = self.encoder(self.pre_layrnorm(self.embeddings(pixels)))
        first: Tensor = self.post_layernorm(states[:, 0])
        return first


class CLIP(nn.Module):
    """The two transformers, and the projections to the space that they share."""

    def __init__(self, config: CLIPConfig) -> None:
        super().__init__()
        text, vision, D = config.text_config, config.vision_config, config.projection_dim
        self.logit_scale = nn.Parameter(torch.tensor(float(config.logit_scale_init_value)))
        self.text_model = TextTransformer(text)
        self.vision_model = VisionTransformer(vision)
        self.visual_projection = nn.Linear(vision.hidden_size, D, bias=False)
        self.text_projection = nn.Linear(text.hidden_size, D, bias=False)
        for projection in (self.visual_projection, self.text_projection):
            start(projection, projection.in_features**-0.5 * config.initializer_factor)


class ClipTowers(nn.Module):
    """CLIP as AVIGATE and SAVE use it (docs/reference.md section 2). No output is normalised; all are float32.

    config: a dictionary as transformers' `CLIPConfig` has it; MetaCLIP 2 (arXiv 2507.22062) has its model_type, and
    "pictures", the fields of a `PictureSettings`. end_id: the token that ends a text; None for the largest id in it.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        self.config = clip_config(config)
        self.model = CLIP(self.config)
        text = config.get("text_config") or {}
        self.end_id: int | None = text.get("eos_token_id", 49_407) if config.get("model_type") == METACLIP else None
        self.pictures = PictureSettings.from_dict(config["pictures"], self.image_size) if "pictures" in config else None

    @property
    def width(self) -> int:
        """D, the width of the space that pictures and texts share."""
        return self.config.projection_dim

    @property
    def image_size(self) -> int:
        return self.config.vision_config.image_size

    @property
    def logit_scale(self) -> Tensor:
        """The logarithm of the scale s."""
        return self.model.logit_scale

    def prepare(self, frame: NDArray[np.uint8]) -> Tensor:
        """Return one RGB frame (H, W, 3) as the tower takes it: (3, H, W), square."""
        return self.pictures.prepare(frame) if self.pictures else pixels(frame, self.image_size)

    def frames(self, pixel_values: Tensor) -> Tensor:
        """Encode frames: (B, F, 3, H, W) -> (B, F, D), the projected class token of each frame."""
        B, F = pixel_values.shape[:2]
        # All rows are projected: of a few, sums would be rounded otherwise.
        projected: Tensor = self.model.visual_projection(encode_distinct(self._image, pixel_values.flatten(0, 1)))
        return projected.float().view(B, F, -1)

    def _image(self, pixel_values: Tensor) -> Tensor:
        vision = self.model.vision_model
        pooled: Tensor = vision(pixel_values.to(vision.embeddings.class_embedding.dtype))
        return pooled

    def tokens(self, ids: Tensor) -> Tensor:
        """Encode tokens: (N, S) -> (N, S, D), every projected hidden state. Padding is not masked, as published."""
        return encode_distinct(self._tokens, ids)

    def _tokens(self, ids: Tensor) -> Tensor:
        projected: Tensor = self.model.text_projection(self.model.text_model(ids))
        return projected.float()

    def text(self, ids: Tensor) -> Tensor:
        """Encode texts: (N, S) -> (N, D), the projected state at the first end token."""
        ends = (ids if self.end_id is None else (ids == self.end_id).int()).argmax(dim=-1)
        # Attention is causal: tokens after the last end token of the batch change nothing and need not be computed.
        states = self.model.text_model(ids[:, : int(ends.max()) + 1])
        projected: Tensor = self.model.text_projection(states[torch.arange(len(ids), device=ids.device), ends])
        return projected.float()
