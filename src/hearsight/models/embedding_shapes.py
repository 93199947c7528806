"""The shapes of what a model computes for one clip, for tables that store it."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import torch

from hearsight.models.audio_visual import AudioVisualModel
from hearsight.models.base import VideoTextModel
from hearsight.towers.pe_av_towers import SPACES, PeAvTowers
from hearsight.types import ClipFeatures

# Fields of `VideoEmbedding` that every library has of its clips.
ALWAYS_STORED = frozenset({"pooled", "frames", "mask"})
# A fusion of one clip of zeros for each model, which takes milliseconds.
_SHAPES: WeakKeyDictionary[VideoTextModel, dict[str, tuple[int, ...]]] = WeakKeyDictionary()


def zero_features(model: VideoTextModel) -> ClipFeatures:
    """Return the tower features of one clip that has frames, sound and speech, all of zeros."""
    F, yes = model.config.frames, torch.ones(1, dtype=torch.bool)
    features = ClipFeatures(torch.zeros(1, F, model.width), yes.expand(1, F), yes, yes)
    if isinstance(model, AudioVisualModel):
        across, along = model.ast.grid
        tokens = 1 + along * (1 if model.config.average_frequencies else across)
        features.audio = torch.zeros(1, tokens, model.ast.width)
    if isinstance(model.clip, PeAvTowers):
        features.audio = torch.zeros(1, len(SPACES), model.clip.space)
    if "speech" in model.branches:
        features.speech_ids = torch.zeros(1, model.config.words, dtype=torch.long)
    return features


def extra_shapes(model: VideoTextModel) -> dict[str, tuple[int, ...]]:
    """Return the shape of one clip for each field that a model's similarity reads besides `pooled` and `frames`."""
    if ALWAYS_STORED.issuperset(model.needs):
        return {}
    if model not in _SHAPES:
        _SHAPES[model] = {name: s for name, s in embedding_shapes(model).items() if name not in ALWAYS_STORED}
    return _SHAPES[model]


@torch.inference_mode()
def embedding_shapes(model: VideoTextModel) -> dict[str, tuple[int, ...]]:
    """Return the shape of one clip's tensor for each field that the model's `similarity` needs; with "frames", "mask".

    Raises HearsightError for a field that `fuse` does not return.
    """
    video = model.fuse(zero_features(model).to(model.device))
    return {name: tuple(tensor.shape[1:]) for name, tensor in video.fields(model.needs).items()}
