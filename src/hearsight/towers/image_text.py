"""The towers of pictures and texts that a model's configuration names: CLIP's, SigLIP's, or blank ones."""

from __future__ import annotations

from typing import Any

from hearsight.towers.blank_towers import BlankTowers
from hearsight.towers.clip import ClipTowers
from hearsight.towers.config import BLANK, SIGLIP
from hearsight.towers.siglip import SiglipTowers

ImageTextTowers = ClipTowers | SiglipTowers


def image_text_towers(config: dict[str, Any]) -> ImageTextTowers:
    """Build the towers of a configuration, as transformers' `CLIPConfig` or `SiglipConfig` has it.

    Those of SigLIP and blank ones have a model_type; configurations of CLIP may lack theirs. Raises HearsightError for
    values that are not supported.
    """
    if config.get("model_type") == BLANK:
        blank: Any = BlankTowers()  # which lacks only what training and checkpoints ask for: sizes and weights
        return blank  # type: ignore[no-any-return]
    return SiglipTowers(config) if config.get("model_type") == SIGLIP else ClipTowers(config)
