"""The learning rate of each parameter (docs/reference.md section 8)."""

from __future__ import annotations

from torch import Tensor

from hearsight.errors import HearsightError
from hearsight.models.base import VideoTextModel
from hearsight.models.layers import Resampler
from hearsight.research.training.recipe import MethodRecipe

Named = tuple[str, Tensor]

TEXT = ("clip.model.text_model.", "clip.model.text_projection.")
IMAGE = ("clip.model.vision_model.", "clip.model.visual_projection.")
# The tokens, positions and patches of CLIP, and the first norm of its image transformer.
FIRST_LAYERS = (".embeddings.", ".pre_layrnorm.")
LAST_OF_AST = "ast.model.layernorm."


def parameter_groups(model: VideoTextModel, recipe: MethodRecipe) -> list[tuple[list[Named], float]]:
    """Group named parameters by learning rate; those with a rate of 0 are frozen, in place.

    Raises HearsightError if all are frozen.
    """
    groups: dict[float, list[Named]] = {}
    queries = {id(module.queries) for module in model.modules() if isinstance(module, Resampler)}
    for name, parameter in model.named_parameters():
        factor = recipe.query_factor if id(parameter) in queries else 1.0
        rate = learning_rate(name, recipe) * factor
        parameter.requires_grad_(rate > 0)
        if rate > 0:
            groups.setdefault(rate, []).append((name, parameter))
    if not groups:
        raise HearsightError(
            f"no parameter of {recipe.method} learns: it has only CLIP; set clip_learning_rate above 0"
        )
    return [(parameters, rate) for rate, parameters in groups.items()]


def learning_rate(name: str, recipe: MethodRecipe) -> float:
    """Return the peak learning rate of a parameter of a model, without the factor of queries; 0: frozen.

    With frozen towers, the image tower and AST do not learn: their outputs are stored features.
    """
    if name == "clip.model.logit_scale":
        return recipe.clip_learning_rate
    if name.startswith((*TEXT, *IMAGE)):
        is_stored = name.startswith(IMAGE) and recipe.frozen_towers
        is_fixed = recipe.freeze_embeddings and any(part in name for part in FIRST_LAYERS)
        return 0.0 if is_stored or is_fixed else recipe.clip_learning_rate
    if name.startswith("ast."):
        learns = name.startswith(LAST_OF_AST) and not recipe.frozen_towers
        return recipe.clip_learning_rate if learns else 0.0
    return recipe.learning_rate
