"""The shapes of what a model computes for one clip, for tables that store it."""

from __future__ import annotations

import torch

from hearsight.models.audio_visual import AudioVisualModel
from hearsight.models.base import VideoTextModel
from hearsight.types import ClipFeatures


def zero_features(model: VideoTextModel) -> ClipFeatures:
    """Return the tower features of one clip that has frames, sound and speech, all of zeros."""
    F, yes = model.config.frames, torch.ones(1, dtype=torch.bool)
    features = ClipFeatures(torch.zeros(1, F, model.width), yes.expand(1, F), yes, yes)
    if isinstance(model, AudioVisualModel):
        across, along = model.ast.grid
        tokens = 1 + along * (1 if model.config.average_frequencies else across)
        features.audio = torch.zeros(1, tokens, model.ast.width)
    if "speech" in model.branches:
        features.speech_ids = torch.zeros(1, model.config.words, dtype=torch.long)
    return features


@torch.inference_mode()
def embedding_shapes(model: VideoTextModel) -> dict[str, tuple[int, ...]]:
    """Return the shape of one clip's tensor for each field that the model's `similarity` needs; with "frames", "mask".

    Raises HearsightError for a field that `fuse` does not return.
    """
    video = model.fuse(zero_features(model).to(model.device))
    return {name: tuple(tensor.shape[1:]) for name, tensor in video.fields(model.needs).items()}
