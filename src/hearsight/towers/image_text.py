"""The towers of pictures and texts that a model's configuration names: CLIP's, or SigLIP's."""

from __future__ import annotations

from typing import Any

from hearsight.towers.clip import ClipTowers
from hearsight.towers.config import SIGLIP
from hearsight.towers.siglip import SiglipTowers

ImageTextTowers = ClipTowers | SiglipTowers


def image_text_towers(config: dict[str, Any]) -> ImageTextTowers:
    """Build the towers of a configuration, as transformers' `CLIPConfig` or `SiglipConfig` has it.

    Those of SigLIP have its model_type; configurations of CLIP may lack theirs. Raises HearsightError for values that
    are not supported.
    """
    return SiglipTowers(config) if config.get("model_type") == SIGLIP else ClipTowers(config)
