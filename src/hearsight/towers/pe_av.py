"""Perception Encoder Audio-Visual (arXiv 2512.19687) by transformers: vectors of pictures and of sound in one space.

A teacher of soft-ALBEF whose weights are public ("facebook/pe-av-base-16-frame" and other sizes). Only the video and
the audio branch of the model are built. Its image tower is timm's, which comes with the extra `pe-av`. transformers'
video processor needs torchvision, so pictures are prepared here.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors import safe_open
from torch import Tensor, nn
from transformers import PeAudioFeatureExtractor, PeAudioVideoConfig
from transformers.models.pe_audio.modeling_pe_audio import PeAudioContrastiveHead, PeAudioEncoder
from transformers.models.pe_video.modeling_pe_video import PeVideoContrastiveHead, PeVideoEncoder

from hearsight.errors import HearsightError
from hearsight.towers.pe_av_towers import check_timm, read_video_settings
from hearsight.util.config_file import read_config

# As many as SAVE gave ImageBind, for models that were trained on every frame, 30 a second.
FRAMES = 32


class PEAV:
    """Encodes a clip's pictures and its sound to vectors (W,), not unit; W is `width`.

    folder: config.json, safetensors and processor_config.json, as facebook published them. name: for messages and
    provenance. frames: the number of pictures per clip, evenly spread. rate: of the sound, in Hz.
    Raises HearsightError for a folder without PE-AV, and without timm.
    """

    def __init__(self, folder: Path, name: str, device: str = "cpu") -> None:
        _check(folder)
        try:
            config = PeAudioVideoConfig.from_pretrained(folder)
            self.width = int(config.text_config.hidden_size)
            video, audio = config.audio_video_config.video_config, config.audio_video_config.audio_config
            self.branches = nn.ModuleDict(
                {
                    "video_encoder": PeVideoEncoder(video),
                    "video_head": PeVideoContrastiveHead(video.hidden_size, self.width),
                    "audio_encoder": PeAudioEncoder(audio),
                    "audio_head": PeAudioContrastiveHead(audio.hidden_size, self.width),
                }
            )
            _fill(self.branches, folder)
            self.extractor = PeAudioFeatureExtractor.from_pretrained(folder)
            self.video = read_video_settings(folder)
        except Exception as error:  # transformers, timm and safetensors raise their own
            raise HearsightError(
                f"cannot load PE-AV from {folder}: {str(error).strip() or type(error).__name__}; download it again"
            ) from error
        self.branches.to(device).eval()
        self.name, self.device = name, device
        self.frames = int(self.video.get("num_frames") or FRAMES)
        self.rate = int(self.extractor.sampling_rate)

    @torch.no_grad()
    def embed_video(self, frames: Sequence[NDArray[np.uint8]]) -> Tensor:
        """Encode pictures (H, W, 3), in order -> (W,), on the CPU."""
        pixels = torch.stack([self._pixels(frame) for frame in frames])[None].to(self.device)
        pooled = self.branches["video_encoder"](pixels).pooler_output
        vector: Tensor = self.branches["video_head"](pooled)[0].cpu()
        return vector

    @torch.no_grad()
    def embed_audio(self, waveform: NDArray[np.float32]) -> Tensor:
        """Encode mono sound at `rate` -> (W,), on the CPU."""
        inputs = self.extractor(waveform, sampling_rate=self.rate, return_tensors="pt").to(self.device)
        pooled = self.branches["audio_encoder"](**inputs).pooler_output
        vector: Tensor = self.branches["audio_head"](pooled)[0].cpu()
        return vector

    def _pixels(self, frame: NDArray[np.uint8]) -> Tensor:
        """(H, W, 3) -> (3, size, size): the complete picture, with its proportions changed, as PE-AV was trained."""
        size, filter = self.video["size"], Image.Resampling(self.video.get("resample", Image.Resampling.BILINEAR))
        resized = np.array(Image.fromarray(frame).resize((size["width"], size["height"]), filter))
        mean, deviation = (torch.tensor(self.video[name]).view(3, 1, 1) for name in ("image_mean", "image_std"))
        return (torch.from_numpy(resized).permute(2, 0, 1).float() / 255 - mean) / deviation


def _check(folder: Path) -> None:
    kind = read_config(folder).get("model_type")
    if kind != "pe_audio_video":
        raise HearsightError(f"cannot load {folder}: its model_type is '{kind}'; give a PE-AV (pe_audio_video)")
    check_timm()


def _fill(branches: nn.ModuleDict, folder: Path) -> None:
    """Load the weights of these branches. Raises ValueError if one is missing.

    transformers' own loading fails on buffers of timm that it does not know, and reads three times as much.
    """
    weights: dict[str, Tensor] = {}
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(file, "pt") as tensors:
            for name in tensors.keys():  # noqa: SIM118 - not a dictionary
                branch_name = _name_in_branches(name)
                if branch_name.split(".")[0] in branches:
                    weights[branch_name] = tensors.get_tensor(name)
    lacking = branches.load_state_dict(weights, strict=False).missing_keys
    if lacking:
        raise ValueError(f"its weights lack {lacking[0]}" + f" and {len(lacking) - 1} more" * (len(lacking) > 1))


def _name_in_branches(name: str) -> str:
    """Return a tensor's name in `branches`: files store each encoder once, in its branch or in that of both."""
    for outer in ("video_model.", "audio_model.", "audio_video_encoder.embedder."):
        name = name.removeprefix(outer)
    return name
