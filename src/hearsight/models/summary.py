"""Summaries of a model's method and sizes, for a terminal and for its card."""

from __future__ import annotations

from typing import Any

from hearsight.models.config import ModelConfig, default_heads
from hearsight.towers.config import BLANK, PE_AV, SIGLIP, ast_config, image_text_config


def sizes(config: ModelConfig) -> dict[str, str]:
    """Return the method, what it adds to its towers, and each tower, as rows of a table."""
    if config.clip.get("model_type") == BLANK:
        return {"method": f"{config.method}: no towers, for what is said alone"}
    if config.clip.get("model_type") == PE_AV:
        return {"method": f"{config.method}: {config.frames} frames, {config.words} words, as it is published"}
    clip = image_text_config(config.clip)
    text, vision, D = clip.text_config, clip.vision_config, clip.projection_dim
    rows = {"method": f"{config.method}: {config.frames} frames, {config.words} words, D {D}"}
    options = config.options
    if {"layers", "heads", "queries"} <= options.keys():
        rows["fusion"] = (
            f"{_counted(options['layers'], 'layer')}, {_counted(options['heads'] or default_heads(D), 'head')}, "
            f"{options['queries']} queries, temperature {config.temperature:g}"
        )
    rows["SigLIP" if config.clip.get("model_type") == SIGLIP else "CLIP"] = (
        f"pictures of {vision.image_size} in patches of {vision.patch_size}, {vision.num_hidden_layers} layers "
        f"{vision.hidden_size} wide; texts {text.num_hidden_layers} layers {text.hidden_size} wide"
    )
    return rows | (ast_sizes(config.ast) if config.ast else {})


def ast_sizes(ast: dict[str, Any]) -> dict[str, str]:
    """Return the row of an audio tower. ast: a dictionary of ASTConfig."""
    config = ast_config(ast)
    return {
        "AST": f"filterbanks of {config.max_length} x {config.num_mel_bins} in patches of {config.patch_size} every "
        f"{config.time_stride}, {config.num_hidden_layers} layers {config.hidden_size} wide"
    }


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
