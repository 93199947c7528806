"""PE-AV's towers by transformers, for a video model: a clip's pictures, its sound, and both together; and texts.

Letters: N texts, S tokens, D width of the space that all of them share.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from hearsight.errors import HearsightError
from hearsight.towers.config import BLANK_WIDTH, PE_AV, PeAvConfig, pe_text_config
from hearsight.towers.pixels import PictureSettings
from hearsight.util.extras import install_command
from hearsight.util.json_files import read_json

# The spaces that texts are compared in, by the beginning of their names: pictures, sound, and both together.
SPACES = ("video_model.text_video", "audio_model.text_audio", "text_audio_video")
BILINEAR = int(Image.Resampling.BILINEAR)  # the filter of pictures, where settings name none
OURS = ("pictures", "sound")  # what the configuration has besides that of transformers


class PeAvTowers(nn.Module):
    """A PE-AV with what `VideoTextModel` asks of towers.

    config: a dictionary as transformers' `PeAudioVideoConfig` has it, with "pictures", the fields of a
    `PictureSettings`, and "sound", the settings of a feature extractor. space: D. rate: of the sound, in Hz. width: of
    vectors of single pictures, which are zeros: PE-AV has none that can be compared with a text.
    Raises HearsightError for values that are not supported, and without timm.
    """

    width = BLANK_WIDTH
    end_id: int | None = None

    def __init__(self, config: Mapping[str, Any]) -> None:
        super().__init__()
        check_timm()
        from hearsight.towers.pe_av_model import PeAvModel, extractor_of

        self.config = PeAvConfig(pe_text_config(config.get("text_config") or {}, "PE-AV's configuration"))
        self.space = self.config.text_config.hidden_size
        self.pictures = PictureSettings.from_dict(config["pictures"], config["pictures"]["size"])
        self.model = PeAvModel({name: values for name, values in config.items() if name not in OURS})
        self._extractor = extractor_of(config["sound"])

    @property
    def image_size(self) -> int:
        return self.pictures.size

    @property
    def rate(self) -> int:
        return int(self._extractor.sampling_rate)

    @property
    def logit_scale(self) -> Tensor:
        """The logarithm of 1: the vectors of texts have their scales in them. It is on the device of the model."""
        return next(self.parameters()).new_zeros(())

    def prepare(self, frame: NDArray[np.uint8]) -> Tensor:
        """Return one RGB frame (H, W, 3) as the tower takes it: (3, H, W), square."""
        return self.pictures.prepare(frame)

    def clip(self, pictures: Tensor, sound: Tensor) -> Tensor:
        """Encode one clip: pictures (F, 3, H, W), sound (T,) -> (3, D), by SPACES; zeros for what it lacks."""
        values = None
        if len(sound):
            values = self._extractor(sound.cpu().numpy(), sampling_rate=self.rate, return_tensors="pt")["input_values"]
            values = values.float().to(pictures.device)
        pixels = pictures[None] if len(pictures) else None
        vectors: Tensor = self.model.encode(pixels, values)
        return vectors

    def text(self, ids: Tensor) -> Tensor:
        """Encode texts: (N, S) ids, padded with negative ones -> (N, 3D), by SPACES, each times its scale."""
        states = self.model.states(ids.clamp(min=0), ids >= 0)
        vectors = [self.part(f"{space}_head")(states) * self.part(f"{space}_logit_scale") for space in SPACES]
        return torch.cat(vectors, dim=-1).float()

    def biases(self) -> Tensor:
        """Return what is added to the logits of each space, (3,)."""
        return torch.cat([self.part(f"{space}_logit_bias") for space in SPACES])

    def part(self, name: str) -> Any:
        """Return a module or a parameter of the model by its name in files."""
        value: Any = self.model
        for each in name.split("."):
            value = getattr(value, each)
        return value


def rename(weights: Mapping[str, Tensor], names: Collection[str]) -> dict[str, Tensor]:
    """Return the weights of a file of PE-AV that a model uses, by its names for them.

    Files have each encoder once, in its branch or in that of both.
    """
    for branch in ("audio", "video"):
        within, alone = f"audio_video_encoder.embedder.{branch}_encoder.", f"{branch}_model.{branch}_encoder."
        weights = {name.replace(alone, within): tensor for name, tensor in weights.items()}
    return {name: tensor for name, tensor in weights.items() if name in names}


def check_timm() -> None:
    """Raise HearsightError where timm is not installed."""
    if not find_spec("timm"):
        raise HearsightError(f"PE-AV's image tower needs timm, which is not installed; {install_command('pe-av')}")


def check_towers(towers: nn.Module, method: str) -> None:
    """Raise HearsightError for the towers of another model."""
    if not isinstance(towers, PeAvTowers):
        raise HearsightError(
            f"a '{method}' model is a PE-AV as it is published ({PE_AV}), and is not trained here; use --model "
            "facebook/pe-av-small"
        )


def read_video_settings(folder: Path) -> dict[str, Any]:
    """Return the settings of the video processor, which older repositories have in a separate file.

    Raises HearsightError where there are none.
    """
    settings = read_json(folder / "processor_config.json").get("video_processor")
    settings = settings or read_json(folder / "video_preprocessor_config.json")
    if not isinstance(settings, dict) or not settings:
        raise HearsightError(
            f"no processor_config.json in {folder} that says how the model takes pictures; download the model again"
        )
    return settings
