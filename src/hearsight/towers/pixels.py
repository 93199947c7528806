"""Pictures as CLIP wants them, without torchvision."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

CLIP_MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073]).view(3, 1, 1)
CLIP_STD = torch.tensor([0.26862954, 0.26130258, 0.27577711]).view(3, 1, 1)


def pixels(frame: NDArray[np.uint8], size: int = 224) -> Tensor:
    """One RGB frame (H, W, 3) as a normalised (3, size, size) tensor (REFERENCE.md section 1).

    The short side is resized to `size` (bicubic, antialiased), then the centre is cut out.
    """
    height, width = frame.shape[:2]
    scale = size / min(height, width)
    # The long side is truncated, as torchvision's Resize does: the published pixels depend on it.
    resized = max(size, int(width * scale)), max(size, int(height * scale))
    image = Image.fromarray(frame).resize(resized, Image.Resampling.BICUBIC)
    left, top = round((resized[0] - size) / 2), round((resized[1] - size) / 2)
    crop = np.asarray(image.crop((left, top, left + size, top + size)), dtype=np.float32) / 255
    return (torch.from_numpy(crop).permute(2, 0, 1) - CLIP_MEAN) / CLIP_STD
