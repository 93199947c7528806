"""The fingerprint of a model: a short hash of its configuration and weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from typing import Any

import torch
from torch import Tensor

from hearsight.models.config import FORMER_FIELDS, ModelConfig

TOWERS = ("clip.model.vision_model.", "clip.model.visual_projection.", "ast.", "clip.model.audio_video_")
OF_TOWERS = ("frames", "clip", "ast", "average_frequencies")  # fields of the configuration


def fingerprint(config: ModelConfig, changed: Collection[str], weights: Mapping[str, Tensor]) -> str:
    """Return 12 hexadecimal digits; a library records them, and refuses vectors of another model.

    changed: names of the options that do not have their default. The options that existed before methods had options of
    their own are hashed as they were then, whether the method has them or not: fingerprints have stayed the same.
    """
    newer = set(changed) - {name for name, _ in FORMER_FIELDS.values()}
    options = {"options": {name: config.options[name] for name in newer}} if newer else {}
    return _digest(config.flat() | options, weights)


def towers_fingerprint(config: ModelConfig, weights: Mapping[str, Tensor]) -> str:
    """Return the fingerprint of the image and the audio tower alone: stored features depend on nothing else."""
    towers = {name: tensor for name, tensor in weights.items() if name.startswith(TOWERS)}
    return _digest({name: getattr(config, name) for name in OF_TOWERS}, towers)


def _digest(config: dict[str, Any], weights: Mapping[str, Tensor]) -> str:
    """Hash some values of each tensor, as bfloat16: training changes them, the dtype of loading does not."""
    digest = hashlib.blake2b(json.dumps(config, sort_keys=True).encode(), digest_size=6)
    for name, tensor in sorted(weights.items()):
        values = tensor.detach().flatten()
        sample = values[:: max(1, values.numel() // 64)].to("cpu", torch.bfloat16).contiguous()
        digest.update(name.encode() + sample.view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
