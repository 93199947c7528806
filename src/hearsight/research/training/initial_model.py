"""The model that a training starts from: pretrained towers, and a method's own modules, freshly initialised."""

from __future__ import annotations

from dataclasses import asdict, replace

import torch
from torch import nn

from hearsight.errors import HearsightError
from hearsight.models.ast_checkpoint import read_ast
from hearsight.models.audio_visual import AudioVisualModel
from hearsight.models.base import VideoTextModel
from hearsight.models.config import default_heads
from hearsight.models.hub import locate_tower
from hearsight.models.load import build, load
from hearsight.models.methods.avigate import AVIGATE
from hearsight.models.registry import class_of
from hearsight.research.training.initialise import SPREAD, initialise
from hearsight.research.training.recipe import MethodRecipe


def load_towers(recipe: MethodRecipe) -> AudioVisualModel:
    """Load the towers of a recipe, with the sizes that its model will have.

    Raises HearsightError for towers that do not exist, and for more frames or words than they have positions for.
    """
    towers = load(recipe.towers)
    if recipe.audio:
        torch.manual_seed(recipe.seed)
        towers = with_audio_tower(towers, recipe.audio)
    if not isinstance(towers, AudioVisualModel):
        raise HearsightError(f"{recipe.towers} has no audio tower; give towers with one, or set audio to an AST")
    config = towers.config
    towers.config = replace(
        config,
        average_frequencies=recipe.average_frequencies,
        frames=recipe.frames or config.frames,
        words=recipe.words or config.words,
        temperature=recipe.temperature or config.temperature,
    )
    _check_positions(towers, recipe)
    # Rounded to half precision, in which towers are saved: the features that are stored now are those of the towers of
    # the trained model, and are found by their fingerprint.
    return towers.half().float()


def _check_positions(towers: AudioVisualModel, recipe: MethodRecipe) -> None:
    config = towers.config
    positions = len(towers.clip.model.text_model.embeddings.position_embedding.weight)
    if not 3 <= config.words <= positions:  # start, a word, end
        raise HearsightError(f"words: {config.words} does not fit {recipe.towers}; set words to 3 to {positions}")
    positions = recipe.options.get("positions", config.frames)  # CLIP4Clip has none
    if config.frames > positions:
        raise HearsightError(
            f"frames: {config.frames} is more than {recipe.method} has positions for; set frames to at most {positions}"
        )


def with_audio_tower(clip: VideoTextModel, ast: str) -> AudioVisualModel:
    """Combine a CLIP and an AST (a folder or a hub id, in the format of transformers) to the towers of a model.

    The projection between them is new. Raises HearsightError if the first has an audio tower already, or there is no
    such AST.
    """
    if isinstance(clip, AudioVisualModel):
        raise HearsightError(f"the towers have an audio tower already; leave out audio: {ast}")
    tower = read_ast(locate_tower(ast))
    towers = AVIGATE(replace(clip.config, method="avigate", ast=asdict(tower.config)), clip.tokenizer)
    towers.clip.load_state_dict(clip.clip.state_dict())
    towers.ast.load_state_dict(tower.state_dict())
    nn.init.normal_(towers.audio_projection.weight, std=SPREAD)
    return towers


def fresh_model(recipe: MethodRecipe, towers: AudioVisualModel) -> VideoTextModel:
    """Build a model of the recipe's method around trained towers, its own modules initialised as published."""
    has_audio_tower = issubclass(class_of(recipe.method), AudioVisualModel)
    config = replace(
        towers.config,
        method=recipe.method,
        ast=towers.config.ast if has_audio_tower else None,
        options=recipe.options,
        former={},
    )
    heads = recipe.options.get("heads") or default_heads(towers.width)
    if has_audio_tower and towers.width % heads:
        raise HearsightError(
            f"heads: {heads} does not divide the width of {recipe.towers}, {towers.width}; set options.heads to "
            "a divisor"
        )
    torch.manual_seed(recipe.seed)
    model = build(config, towers.tokenizer)
    model.clip.load_state_dict(towers.clip.state_dict())
    if isinstance(model, AudioVisualModel):
        model.ast.load_state_dict(towers.ast.state_dict())
        model.audio_projection.load_state_dict(towers.audio_projection.state_dict())
    initialise(model)  # from the text transformer that was just loaded
    return model
