"""Initialisation of new modules (docs/reference.md section 8), as far as possible from CLIP's text transformer."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from hearsight.models.audio_visual import AudioVisualModel
from hearsight.models.layers import GatedFusion, GatedFusionBlock, Resampler, ResamplerBlock

SPREAD = 0.02


@torch.no_grad()
def initialise(model: AudioVisualModel) -> None:
    """Initialise the resampler, the fusion transformers and the frame positions as published, in place.

    The audio projection is not changed: it comes with the towers, or as torch initialises it.
    Layers are copied only from a text transformer as wide as D, with an MLP of four times that. If it has fewer layers
    than a stack, the last blocks of the stack stay random.
    """
    text = model.clip.model.text_model
    for module in model.modules():
        if isinstance(module, (ResamplerBlock, GatedFusionBlock)):
            _randomise(module)
    nn.init.normal_(model.frame_position.weight, std=SPREAD)
    nn.init.normal_(model.resampler.position, std=SPREAD)
    sizes = model.clip.config.text_config
    if (sizes.hidden_size, sizes.intermediate_size) != (model.width, 4 * model.width):
        return
    for stack in model.children():
        if isinstance(stack, (Resampler, GatedFusion)):
            for block, layer in zip(stack.blocks, text.encoder.layers, strict=False):
                _copy_layer(block, layer)
    positions = text.embeddings.position_embedding.weight
    count = min(len(positions), model.options.positions)
    model.frame_position.weight[:count] = positions[:count]


def _randomise(block: nn.Module) -> None:
    for name, parameter in block.named_parameters():
        if name.endswith("bias"):
            nn.init.zeros_(parameter)
        elif parameter.ndim > 1:
            nn.init.normal_(parameter, std=SPREAD)


def _copy_layer(block: Any, layer: nn.Module) -> None:
    """Copy self-attention, MLP and the first two norms from a layer of CLIP's text transformer."""
    source: dict[str, Tensor] = layer.state_dict()
    for kind in ("weight", "bias"):
        packed = torch.cat([source[f"self_attn.{letter}_proj.{kind}"] for letter in "qkv"])
        getattr(block.self_attention, f"in_proj_{kind}").copy_(packed)
        getattr(block.self_attention.out_proj, kind).copy_(source[f"self_attn.out_proj.{kind}"])
        getattr(block.mlp.expand, kind).copy_(source[f"mlp.fc1.{kind}"])
        getattr(block.mlp.project, kind).copy_(source[f"mlp.fc2.{kind}"])
        getattr(block.norm1, kind).copy_(source[f"layer_norm1.{kind}"])
        getattr(block.norm2, kind).copy_(source[f"layer_norm2.{kind}"])
