"""The model of a recipe: towers that were trained before, and a method's own modules, fresh."""

from __future__ import annotations

from dataclasses import asdict, replace

import torch
from torch import nn

from hearsight.errors import HearsightError
from hearsight.models.ast_checkpoint import read_ast
from hearsight.models.audio_visual import AudioVisualModel
from hearsight.models.avigate import AVIGATE
from hearsight.models.base import VideoTextModel
from hearsight.models.hub import locate_tower
from hearsight.models.load import build, load
from hearsight.models.registry import class_of
from hearsight.research.training.initialise import SPREAD, initialise
from hearsight.research.training.recipe import MethodRecipe


def load_towers(recipe: MethodRecipe) -> AudioVisualModel:
    """The towers of a recipe, as its model will have them.

    Raises HearsightError where there are none, and for more frames or words than they have positions for.
    """
    towers = load(recipe.towers)
    if recipe.audio:
        torch.manual_seed(recipe.seed)
        towers = with_audio_tower(towers, recipe.audio)
    if not isinstance(towers, AudioVisualModel):
        raise HearsightError(f"{recipe.towers} does not listen; give towers that do, or an audio tower as audio")
    own = towers.config
    towers.config = replace(
        own,
        average_frequencies=recipe.average_frequencies,
        frames=recipe.frames or own.frames,
        words=recipe.words or own.words,
        temperature=recipe.temperature or own.temperature,
    )
    _check_positions(towers, recipe)
    # What is kept of the towers in half precision is then all there is of them: features are of the very towers that
    # the trained model has, and are found by it.
    return towers.half().float()


def _check_positions(towers: AudioVisualModel, recipe: MethodRecipe) -> None:
    config = towers.config
    most = len(towers.clip.model.text_model.embeddings.position_embedding.weight)
    if not 3 <= config.words <= most:  # start, a word, end
        raise HearsightError(f"words: {config.words} is not what {recipe.towers} can read; set words to 3 to {most}")
    positions = recipe.options.get("positions", config.frames)  # CLIP4Clip has none
    if config.frames > positions:
        raise HearsightError(
            f"frames: {config.frames} is more than {recipe.method} has positions for; set frames to at most {positions}"
        )


def with_audio_tower(clip: VideoTextModel, ast: str) -> AudioVisualModel:
    """Towers that see and listen, of a CLIP and an AST (a folder or a hub id, as transformers has them).

    The projection between them is fresh. Raises HearsightError where the first listens already, and for no AST.
    """
    if isinstance(clip, AudioVisualModel):
        raise HearsightError(f"the towers listen already; leave out the audio tower {ast}")
    tower = read_ast(locate_tower(ast))
    towers = AVIGATE(replace(clip.config, method="avigate", ast=asdict(tower.config)), clip.tokenizer)
    towers.clip.load_state_dict(clip.clip.state_dict())
    towers.ast.load_state_dict(tower.state_dict())
    nn.init.normal_(towers.audio_projection.weight, std=SPREAD)
    return towers


def fresh_model(recipe: MethodRecipe, towers: AudioVisualModel) -> VideoTextModel:
    """A model of the recipe's method around trained towers, its own modules at their published start."""
    has_audio_tower = issubclass(class_of(recipe.method), AudioVisualModel)
    config = replace(
        towers.config,
        method=recipe.method,
        ast=towers.config.ast if has_audio_tower else None,
        options=recipe.options,
        former={},
    )
    heads = recipe.options.get("heads") or max(1, towers.width // 64)
    if has_audio_tower and towers.width % heads:
        raise HearsightError(
            f"heads: {heads} does not divide the width of {recipe.towers}, {towers.width}; set heads to what does"
        )
    torch.manual_seed(recipe.seed)
    model = build(config, towers.tokenizer)
    model.clip.load_state_dict(towers.clip.state_dict())
    if isinstance(model, AudioVisualModel):
        model.ast.load_state_dict(towers.ast.state_dict())
        model.audio_projection.load_state_dict(towers.audio_projection.state_dict())
        initialise(model)  # from the text transformer that was just loaded
    return model
