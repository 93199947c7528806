"""Preparation of pictures for CLIP, without torchvision."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

CLIP_MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073]).view(3, 1, 1)
CLIP_STD = torch.tensor([0.26862954, 0.26130258, 0.27577711]).view(3, 1, 1)


def pixels(frame: NDArray[np.uint8], size: int = 224) -> Tensor:
    """Return one RGB frame (H, W, 3) as a normalised (3, size, size) tensor (docs/reference.md section 1)."""
    # In NumPy: torch would divide each small picture among its threads, which wait for cores that readers are using.
    channels = crop(frame, size).transpose(2, 0, 1)
    return torch.from_numpy(np.stack([np.take(*pair) for pair in zip(LEVELS, channels, strict=True)]))


def crop(frame: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Resize the short side (bicubic, antialiased), then cut out the centre: (H, W, 3) -> (size, size, 3)."""
    height, width = frame.shape[:2]
    # The long side is truncated, as torchvision's Resize does: the published pixels depend on it.
    resized = size * width // min(height, width), size * height // min(height, width)
    image = Image.fromarray(frame).resize(resized, Image.Resampling.BICUBIC)
    x, y = round((resized[0] - size) / 2), round((resized[1] - size) / 2)
    return np.array(image.crop((x, y, x + size, y + size)))


def normalise(pictures: Tensor) -> Tensor:
    """Normalise by CLIP's mean and standard deviation: uint8 (..., 3, H, W) -> float32."""
    return (pictures.float() / 255 - CLIP_MEAN) / CLIP_STD


LEVELS = normalise(torch.arange(256).expand(3, 1, 256)).squeeze(1).numpy()  # (3, 256): each value of a channel
