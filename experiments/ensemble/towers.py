"""The experts of the experiment: two pairs of towers that were trained apart, as public models are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

import hearsight
from hearsight.models.audio_visual import AudioVisualModel
from hearsight.models.base import VideoTextModel
from hearsight.models.load import build
from hearsight.towers.filterbank import SAMPLE_RATE, filterbank

SOUND = "soundstage"  # the name of the sound expert


def image_text_model(towers: AudioVisualModel) -> VideoTextModel:
    """Return the image-text pair of trained towers as a model that only sees: the mean of frames, as public ones."""
    model = build(replace(towers.config, method="clip4clip", ast=None, options={}, former={}), towers.tokenizer)
    model.clip.load_state_dict(towers.clip.state_dict())
    return model.eval()


class AudioTextPair:
    """The audio-text pair of trained towers (a `SoundExpert`). folder: of the model."""

    sample_rate, window_seconds = SAMPLE_RATE, 5.0  # windows are as long as those of CLAP

    def __init__(self, folder: str) -> None:
        self.name = f"{SOUND}:{folder}"
        loaded = hearsight.load(Path(folder))
        assert isinstance(loaded, AudioVisualModel)
        self._model, self.width = loaded.eval(), loaded.width

    @cached_property
    def fingerprint(self) -> str:
        return self._model.fingerprint

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a unit vector for each query, (N, D)."""
        return self._model.encode_texts(texts).float().numpy()

    @torch.no_grad()
    def encode_sounds(self, sounds: Sequence[NDArray[np.float32]], device: str) -> NDArray[np.float32]:
        """Return a unit vector for each sound, (N, D)."""
        rows = torch.stack([filterbank(sound, self._model.ast.rows) for sound in sounds])
        tokens = self._model.audio_projection(self._model.ast(rows))
        return F.normalize(tokens.mean(dim=1), dim=-1).float().numpy()


def register() -> None:
    """Register the sound expert: "soundstage:FOLDER"."""
    hearsight.register_sound_expert(SOUND)(AudioTextPair)
