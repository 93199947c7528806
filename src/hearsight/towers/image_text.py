"""The towers that a model's configuration names: CLIP's, SigLIP's, PE-AV's, or blank ones."""

from __future__ import annotations

from typing import Any

from hearsight.towers.blank_towers import BlankTowers
from hearsight.towers.clip import ClipTowers
from hearsight.towers.config import BLANK, PE_AV, SIGLIP
from hearsight.towers.pe_av_towers import PeAvTowers
from hearsight.towers.siglip import SiglipTowers

ImageTextTowers = ClipTowers | SiglipTowers


def image_text_towers(config: dict[str, Any]) -> ImageTextTowers:
    """Build the towers of a configuration, as transformers' `CLIPConfig` or that of another model has it.

    Those of others have a model_type; configurations of CLIP may lack theirs. Raises HearsightError for
    values that are not supported.
    """
    if config.get("model_type") == BLANK:
        blank: Any = BlankTowers()  # which lacks only what training and checkpoints ask for: sizes and weights
        return blank  # type: ignore[no-any-return]
    if config.get("model_type") == PE_AV:
        towers: Any = PeAvTowers(config)  # which lacks what training asks for, too
        return towers  # type: ignore[no-any-return]
    return SiglipTowers(config) if config.get("model_type") == SIGLIP else ClipTowers(config)
