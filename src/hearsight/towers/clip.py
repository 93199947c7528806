"""CLIP's image and text towers."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn
from transformers import CLIPConfig, CLIPModel

from hearsight.towers.distinct import encode_distinct


class ClipTowers(nn.Module):
    """CLIP by transformers, as the two papers read it (docs/reference.md section 2). No output is normalised.

    config: the dictionary of a `CLIPConfig`.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__()
        self.model = CLIPModel(CLIPConfig(**config))

    @property
    def config(self) -> Any:
        return self.model.config

    @property
    def width(self) -> int:
        """D, the width of the space that pictures and texts share."""
        return int(self.config.projection_dim)

    @property
    def image_size(self) -> int:
        return int(self.config.vision_config.image_size)

    @property
    def logit_scale(self) -> Tensor:
        """log of the scale s."""
        return cast(Tensor, self.model.logit_scale)

    def frames(self, pixel_values: Tensor) -> Tensor:
        """(B, F, 3, H, W) -> (B, F, D): the projected class token of each frame."""
        B, F = pixel_values.shape[:2]
        return encode_distinct(self._image, pixel_values.flatten(0, 1)).view(B, F, -1)

    def _image(self, pixel_values: Tensor) -> Tensor:
        states = self.model.vision_model(pixel_values.to(self.logit_scale.dtype)).pooler_output
        return cast(Tensor, self.model.visual_projection(states))

    def tokens(self, ids: Tensor) -> Tensor:
        """(N, S) -> (N, S, D): every projected hidden state. Nothing hides the padding, as published."""
        return encode_distinct(self._tokens, ids)

    def _tokens(self, ids: Tensor) -> Tensor:
        states = self.model.text_model(input_ids=ids).last_hidden_state
        return cast(Tensor, self.model.text_projection(states))

    def text(self, ids: Tensor) -> Tensor:
        """(N, S) -> (N, D): the projected state at the end token, which has the largest id."""
        ends = ids.argmax(dim=-1)
        # Attention is causal: what follows the last end token of the batch changes nothing and need not be computed.
        states = self.model.text_model(input_ids=ids[:, : int(ends.max()) + 1]).last_hidden_state
        end = states[torch.arange(len(ids), device=ids.device), ends]
        return cast(Tensor, self.model.text_projection(end))
