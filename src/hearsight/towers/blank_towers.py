"""Towers that see and read nothing, for a model that leaves everything to what is said: all vectors are zeros."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from hearsight.towers.config import BLANK_WIDTH


class BlankTowers(nn.Module):
    """The interface of `ClipTowers` without a transformer. Pictures are of one pixel, which is not looked at."""

    image_size = 1
    width = BLANK_WIDTH

    def __init__(self) -> None:
        super().__init__()
        self.model = nn.ParameterDict({"logit_scale": nn.Parameter(torch.tensor(0.0))})

    @property
    def logit_scale(self) -> Tensor:
        """The logarithm of the scale, which multiplies zeros. It is on the device of the model."""
        scale: Tensor = self.model["logit_scale"]
        return scale

    def prepare(self, frame: NDArray[np.uint8]) -> Tensor:
        """Return one RGB frame (H, W, 3) as the tower takes it: (3, 1, 1)."""
        return torch.zeros(3, self.image_size, self.image_size)

    def frames(self, pixel_values: Tensor) -> Tensor:
        """Encode frames: (B, F, 3, 1, 1) -> (B, F, D) zeros."""
        return pixel_values.new_zeros(*pixel_values.shape[:2], self.width)

    def text(self, ids: Tensor) -> Tensor:
        """Encode texts: (N, S) -> (N, D) zeros."""
        return torch.zeros(len(ids), self.width, device=ids.device)
