"""Golden data: a tiny random checkpoint in the published layout, and what the published programs make of it."""

from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from safetensors.torch import load_file

import hearsight
from hearsight.models.base import VideoTextModel

GOLDEN = Path(__file__).parents[1] / "golden"
SAVE_ONLY = ("transformerClip_ASR.", "asr_query_tokens")

Tensors = dict[str, torch.Tensor]


class Golden(NamedTuple):
    inputs: Tensors
    outputs: Tensors
    weights: Tensors

    @property
    def avigate_weights(self) -> Tensors:
        return {
            name.replace("Audio_Resampler", "transformer_Fusion"): tensor
            for name, tensor in self.weights.items()
            if not name.startswith(SAVE_ONLY)
        }

    @property
    def video_inputs(self) -> Tensors:
        names = {
            "pixel_values": "pixel_values",
            "frame_mask": "frame_mask",
            "filterbank": "fbank",
            "speech_ids": "speech_ids",
        }
        return {ours: self.inputs[theirs] for ours, theirs in names.items()}


def read_golden() -> Golden:
    inputs = {k: v.float() if v.is_floating_point() else v for k, v in load_file(GOLDEN / "inputs.safetensors").items()}
    return Golden(inputs, load_file(GOLDEN / "outputs.safetensors"), load_file(GOLDEN / "weights.safetensors"))


@pytest.fixture(scope="session")
def golden() -> Golden:
    return read_golden()


@pytest.fixture(scope="session")
def save_model(golden: Golden) -> VideoTextModel:
    return hearsight.load_published(golden.weights, "save", fusion_heads=2, start_id=998, end_id=999)


@pytest.fixture(scope="session")
def avigate_model(golden: Golden) -> VideoTextModel:
    return hearsight.load_published(golden.avigate_weights, "avigate", fusion_heads=2, start_id=998, end_id=999)


def agree(ours: torch.Tensor, theirs: torch.Tensor, tolerance: float = 1e-4) -> None:
    """Within a tolerance relative to the expected tensor's mean magnitude."""
    assert ours.shape == theirs.shape
    worst = (ours - theirs).abs().max() / theirs.abs().mean()
    assert worst < tolerance, f"differs by {worst:.2e} of the mean magnitude"
