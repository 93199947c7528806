"""Initialisation of new modules (docs/reference.md section 8), as far as possible from CLIP's text transformer."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from hearsight.models.audio_visual import AudioVisualModel
from hearsight.models.base import VideoTextModel
from hearsight.models.layers import GatedFusion, GatedFusionBlock, Resampler, ResamplerBlock

SPREAD = 0.02


@torch.no_grad()
def initialise(model: VideoTextModel) -> None:
    """Initialise resamplers, fusion transformers and frame positions as published, in place.

    Resamplers and fusion transformers are found by their class, wherever they are in the model.
    The audio projection is not changed: it comes with the towers, or as torch initialises it.
    Layers are copied only from a text transformer as wide as D, with an MLP of four times that, to blocks of that
    width. If it has fewer layers than a stack, the last blocks of the stack stay random.
    """
    text = model.clip.model.text_model
    for module in model.modules():
        if isinstance(module, (ResamplerBlock, GatedFusionBlock)):
            _randomise(module)
    if isinstance(model, AudioVisualModel):
        nn.init.normal_(model.frame_position.weight, std=SPREAD)
    for module in model.modules():
        if isinstance(module, Resampler):
            nn.init.normal_(module.position, std=SPREAD)
    sizes = model.clip.config.text_config
    if (sizes.hidden_size, sizes.intermediate_size) != (model.width, 4 * model.width):
        return
    for stack in model.modules():
        if isinstance(stack, (Resampler, GatedFusion)):
            for block, layer in zip(stack.blocks, text.encoder.layers, strict=False):
                _copy_layer(block, layer)
    if isinstance(model, AudioVisualModel):
        positions = text.embeddings.position_embedding.weight
        count = min(len(positions), len(model.frame_position.weight))
        model.frame_position.weight[:count] = positions[:count]


def _randomise(block: nn.Module) -> None:
    for name, parameter in block.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(parameter)
        elif parameter.ndim > 1:
            nn.init.normal_(parameter, std=SPREAD)


def _copy_layer(block: Any, layer: nn.Module) -> None:
    """Copy self-attention, MLP and the first two norms from a layer of CLIP's text transformer of the same width."""
    source: dict[str, Tensor] = layer.state_dict()
    if block.norm1.weight.shape != source["layer_norm1.weight"].shape:
        return
    for kind in ("weight", "bias"):
        packed = torch.cat([source[f"self_attn.{letter}_proj.{kind}"] for letter in "qkv"])
        getattr(block.self_attention, f"in_proj_{kind}").copy_(packed)
        getattr(block.self_attention.out_proj, kind).copy_(source[f"self_attn.out_proj.{kind}"])
        getattr(block.mlp.expand, kind).copy_(source[f"mlp.fc1.{kind}"])
        getattr(block.mlp.project, kind).copy_(source[f"mlp.fc2.{kind}"])
        getattr(block.norm1, kind).copy_(source[f"layer_norm1.{kind}"])
        getattr(block.norm2, kind).copy_(source[f"layer_norm2.{kind}"])
