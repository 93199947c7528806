"""Preparation of pictures for CLIP and SigLIP, without torchvision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from hearsight.errors import HearsightError

CLIP_MEAN = torch.tensor([0.48145466, 0.4578275, 0.40821073]).view(3, 1, 1)
CLIP_STD = torch.tensor([0.26862954, 0.26130258, 0.27577711]).view(3, 1, 1)
HALVES = (0.5, 0.5, 0.5)


def pixels(frame: NDArray[np.uint8], size: int = 224) -> Tensor:
    """Return one RGB frame (H, W, 3) as CLIP's (3, size, size) tensor (docs/reference.md section 1)."""
    return _look_up(LEVELS, crop(frame, size))


def crop(frame: NDArray[np.uint8], size: int, resample: int = Image.Resampling.BICUBIC) -> NDArray[np.uint8]:
    """Resize the short side (antialiased), then cut out the centre: (H, W, 3) -> (size, size, 3)."""
    height, width = frame.shape[:2]
    # The long side is truncated, as torchvision's Resize does: the published pixels depend on it.
    resized = size * width // min(height, width), size * height // min(height, width)
    image = Image.fromarray(frame).resize(resized, resample)
    x, y = round((resized[0] - size) / 2), round((resized[1] - size) / 2)
    return np.array(image.crop((x, y, x + size, y + size)))


def squash(frame: NDArray[np.uint8], size: int, resample: int) -> NDArray[np.uint8]:
    """Resize the complete picture to a square, which changes its proportions: (H, W, 3) -> (size, size, 3)."""
    return np.array(Image.fromarray(frame).resize((size, size), resample))


def normalise(pictures: Tensor) -> Tensor:
    """Normalise by CLIP's mean and standard deviation: uint8 (..., 3, H, W) -> float32."""
    return (pictures.float() / 255 - CLIP_MEAN) / CLIP_STD


def _look_up(levels: NDArray[np.float32], picture: NDArray[np.uint8]) -> Tensor:
    """Return the number of each value of each channel: (H, W, 3) -> (3, H, W). levels: (3, 256)."""
    # In NumPy: torch would divide each small picture among its threads, which wait for cores that readers are using.
    channels = picture.transpose(2, 0, 1)
    return torch.from_numpy(np.stack([np.take(*pair) for pair in zip(levels, channels, strict=True)]))


LEVELS = normalise(torch.arange(256).expand(3, 1, 256)).squeeze(1).numpy()  # (3, 256): each value of a channel


@dataclass(frozen=True)
class PictureSettings:
    """How the pictures of a checkpoint are prepared, if not as CLIP's.

    size: pixels of a side. crops: whether the short side is resized and the centre cut out; else the picture is
    squashed to a square. resample: the filter, by Pillow's number. scale: that values from 0 to 255 are multiplied by,
    before mean and std are applied.
    """

    size: int
    crops: bool = False
    resample: int = Image.Resampling.BICUBIC
    scale: float = 1 / 255
    mean: tuple[float, ...] = HALVES
    std: tuple[float, ...] = HALVES

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], size: int) -> PictureSettings:
        """Return the settings that `to_dict` returned; size: of the tower, where there is none."""
        numbers = {name: tuple(values[name]) for name in ("mean", "std") if name in values}
        return cls(**{"size": size, **values, **numbers})

    @classmethod
    def from_processor(cls, values: Mapping[str, Any], size: int, source: str) -> PictureSettings:
        """Read a dictionary of transformers' image processor. size: the side that the tower takes.

        source: its file, for messages. Raises HearsightError for settings that are not supported.
        """
        sides = values.get("size", size)
        if isinstance(sides, int):  # as older files have it
            sides = {"shortest_edge": sides} if values.get("do_center_crop") else {"height": sides, "width": sides}
        crops = isinstance(sides, dict) and "shortest_edge" in sides
        expected = {"shortest_edge": size} if crops else {"height": size, "width": size}
        cut = values.get("crop_size") if values.get("do_center_crop", crops) else None
        cuts = (None, size, {"height": size, "width": size}) if not crops else (size, {"height": size, "width": size})
        if sides != expected or cut not in cuts or values.get("do_resize") is False:
            raise HearsightError(
                f"{source} has size {values.get('size')} and crop_size {values.get('crop_size')}, and the model takes "
                f"{size} x {size} pixels; download the model again, or give another"
            )
        mean, std = values.get("image_mean", HALVES), values.get("image_std", HALVES)
        if values.get("do_normalize") is False:
            mean, std = (0.0,) * 3, (1.0,) * 3
        scale = 1.0 if values.get("do_rescale") is False else values.get("rescale_factor", 1 / 255)
        resample = values.get("resample", Image.Resampling.BICUBIC)
        try:
            settings = cls(size, crops, int(Image.Resampling(resample)), float(scale), _three(mean), _three(std))
            if not (settings.scale > 0 and min(settings.std) > 0):
                raise ValueError("rescale_factor and image_std have to be above 0")
        except (TypeError, ValueError) as error:
            raise HearsightError(f"cannot use {source}: {error}; correct it, or download the model again") from error
        return settings

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as JSON knows them."""
        return {**asdict(self), "mean": list(self.mean), "std": list(self.std)}

    def prepare(self, frame: NDArray[np.uint8]) -> Tensor:
        """Return one RGB frame (H, W, 3) as a (3, size, size) tensor."""
        shaped = (crop if self.crops else squash)(frame, self.size, self.resample)
        return _look_up(self._levels, shaped)

    @cached_property
    def _levels(self) -> NDArray[np.float32]:
        values = np.arange(256)[None] * self.scale
        levels: NDArray[np.float64] = (values - np.array(self.mean)[:, None]) / np.array(self.std)[:, None]
        return levels.astype(np.float32)


def _three(numbers: Any) -> tuple[float, ...]:
    """Return a number of each channel, from three or from one for all. Raises ValueError, TypeError for others."""
    channels = [numbers] * 3 if isinstance(numbers, int | float) else list(numbers)
    if len(channels) != 3:
        raise ValueError(f"{len(channels)} numbers for 3 channels")
    red, green, blue = (float(number) for number in channels)
    return red, green, blue
