"""SigLIP (arXiv 2303.15343) and SigLIP2 (arXiv 2502.14786): an image and a text transformer that share a space.

The layers are CLIP's. A picture has no class token: a learned probe attends to its patches. A text has always as many
tokens as the model has positions, none of them is masked, and its vector is the state of the last. Modules have the
names that the transformers library gives them.

Letters: B clips, F frames, N rows (pictures or texts), S tokens, D width; H, W and P pixels of a picture and a patch.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hearsight.errors import HearsightError
from hearsight.towers.clip import Encoder, TextEmbeddings
from hearsight.towers.config import SiglipConfig, TextConfig, VisionConfig, siglip_config
from hearsight.towers.distinct_inputs import encode_distinct
from hearsight.towers.pixels import PictureSettings
from hearsight.towers.transformer import MLP, start


class TextTransformer(nn.Module):
    """(N, S) ids -> (N, D): the projected state of the last token, which is padding after a short text."""

    def __init__(self, config: TextConfig, width: int) -> None:
        super().__init__()
        self.embeddings = TextEmbeddings(config)
        self.encoder = Encoder(config, causal=False)
        self.final_layer_norm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.head = nn.Linear(config.hidden_size, width)
        start(self.head, config.hidden_size**-0.5)

    def forward(self, ids: Tensor) -> Tensor:
        last = self.encoder(self.embeddings(ids))[:, -1]
        projected: Tensor = self.head(self.final_layer_norm(last))
        return projected


class VisionEmbeddings(nn.Module):
    """(N, 3, H, W) pixels -> (N, patches, D), row by row, with positions."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        D, P = config.hidden_size, config.patch_size
        self.image_size = config.image_size
        self.patch_embedding = nn.Conv2d(3, D, kernel_size=P, stride=P)
        self.position_embedding = nn.Embedding((self.image_size // P) ** 2, D)
        for embedding in (self.patch_embedding, self.position_embedding):
            start(embedding, config.initializer_range)

    def forward(self, pixels: Tensor) -> Tensor:
        if pixels.shape[2:] != (self.image_size, self.image_size):
            height, width = pixels.shape[2:]
            raise HearsightError(
                f"pictures of {height} x {width} pixels; resize them to {self.image_size} x {self.image_size}, as "
                "this model takes them"
            )
        patches = self.patch_embedding(pixels).flatten(2).transpose(1, 2)  # N D H/P W/P -> N S D
        embedded: Tensor = patches + self.position_embedding.weight
        return embedded


class PoolingHead(nn.Module):
    """(N, S, D) -> (N, D): a learned probe attends to the patches, and a layer's second half follows."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        D = config.hidden_size
        self.probe = nn.Parameter(torch.randn(1, 1, D) * D**-0.5)
        self.attention = nn.MultiheadAttention(D, config.num_attention_heads, batch_first=True)
        self.layernorm = nn.LayerNorm(D, eps=config.layer_norm_eps)
        self.mlp = MLP(D, config.intermediate_size, config.hidden_act)

    def forward(self, patches: Tensor) -> Tensor:
        probe = self.probe.expand(len(patches), -1, -1)  # N 1 D
        x = self.attention(probe, patches, patches, need_weights=False)[0]
        x = x + self.mlp(self.layernorm(x))
        pooled: Tensor = x[:, 0]
        return pooled


class VisionTransformer(nn.Module):
    """(N, 3, H, W) pixels -> (N, D)."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.embeddings = VisionEmbeddings(config)
        self.encoder = Encoder(config, causal=False)
        self.post_layernorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)
        self.head = PoolingHead(config)

    def forward(self, pixels: Tensor) -> Tensor:
        pooled: Tensor = self.head(self.patches(pixels))
        return pooled

    def patches(self, pixels: Tensor) -> Tensor:
        """(N, 3, H, W) pixels -> (N, S, D), before they are pooled."""
        patches: Tensor = self.post_layernorm(self.encoder(self.embeddings(pixels)))
        return patches


class SigLIP(nn.Module):
    """The two transformers. logit_bias: added to all similarities in training; it ranks nothing."""

    def __init__(self, config: SiglipConfig) -> None:
        super().__init__()
        self.logit_scale = nn.Parameter(torch.full((1,), 2.3026))  # log 10, and -10 below, as the paper begins
        self.logit_bias = nn.Parameter(torch.full((1,), -10.0))
        self.text_model = TextTransformer(config.text_config, config.projection_dim)
        self.vision_model = VisionTransformer(config.vision_config)


class SiglipTowers(nn.Module):
    """SigLIP with the interface of `ClipTowers`. No output is normalised; all are float32.

    config: a dictionary as transformers' `SiglipConfig` has it, and "pictures", the fields of a `PictureSettings`.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        self.config = siglip_config(config)
        self.pictures = PictureSettings.from_dict(config.get("pictures") or {}, self.image_size)
        self.model = SigLIP(self.config)
        self.end_id: int | None = None  # the last token has a text's vector, whatever it is

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
        return self.model.logit_scale[0]

    def prepare(self, frame: NDArray[np.uint8]) -> Tensor:
        """Return one RGB frame (H, W, 3) as the tower takes it: (3, H, W), square."""
        return self.pictures.prepare(frame)

    def frames(self, pixel_values: Tensor) -> Tensor:
        """Encode frames: (B, F, 3, H, W) -> (B, F, D)."""
        B, F = pixel_values.shape[:2]
        # All rows go through the head: of a few, sums would be rounded otherwise.
        pooled: Tensor = self.model.vision_model.head(encode_distinct(self._patches, pixel_values.flatten(0, 1)))
        return pooled.float().view(B, F, -1)

    def _patches(self, pixel_values: Tensor) -> Tensor:
        vision = self.model.vision_model
        patches: Tensor = vision.patches(pixel_values.to(vision.embeddings.patch_embedding.weight.dtype))
        return patches

    def text(self, ids: Tensor) -> Tensor:
        """Encode texts: (N, S) ids, padded to the length that the model was trained with -> (N, D)."""
        projected: Tensor = self.model.text_model(ids)
        return projected.float()
