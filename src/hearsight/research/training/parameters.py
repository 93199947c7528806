"""Which parameters learn, and how fast (docs/reference.md section 8)."""

from __future__ import annotations

from torch import Tensor

from hearsight.errors import HearsightError
from hearsight.models.base import VideoTextModel
from hearsight.research.training.recipe import MethodRecipe

Named = tuple[str, Tensor]

TEXT = ("clip.model.text_model.", "clip.model.text_projection.")
IMAGE = ("clip.model.vision_model.", "clip.model.visual_projection.")
# The tokens, positions and patches of CLIP, and the first norm of its image transformer.
FIRST_LAYERS = (".embeddings.", ".pre_layrnorm.")
LAST_OF_AST = "ast.model.layernorm."


def parameter_groups(model: VideoTextModel, recipe: MethodRecipe) -> list[tuple[list[Named], float]]:
    """Named parameters by learning rate; all others are frozen, in place.

    Raises HearsightError where nothing learns.
    """
    groups: dict[float, list[Named]] = {}
    for name, parameter in model.named_parameters():
        rate = learning_rate(name, recipe)
        parameter.requires_grad_(rate > 0)
        if rate > 0:
            groups.setdefault(rate, []).append((name, parameter))
    if not groups:
        raise HearsightError(f"nothing learns: {recipe.method} has only CLIP; set clip_learning_rate above 0")
    return [(parameters, rate) for rate, parameters in groups.items()]


def learning_rate(name: str, recipe: MethodRecipe) -> float:
    """The peak learning rate of a parameter of a model; 0: frozen.

    With frozen towers, what comes before the stored features cannot learn: the image tower and AST.
    """
    if name == "resampler.queries":
        return recipe.learning_rate * recipe.query_factor
    if name == "clip.model.logit_scale":
        return recipe.clip_learning_rate
    if name.startswith((*TEXT, *IMAGE)):
        stored = name.startswith(IMAGE) and recipe.frozen_towers
        fixed = recipe.freeze_embeddings and any(part in name for part in FIRST_LAYERS)
        return 0.0 if stored or fixed else recipe.clip_learning_rate
    if name.startswith("ast."):
        learns = name.startswith(LAST_OF_AST) and not recipe.frozen_towers
        return recipe.clip_learning_rate if learns else 0.0
    return recipe.learning_rate
