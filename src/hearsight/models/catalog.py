"""The catalogue of models: the bundled one, none at all, and public ones to begin with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hearsight.util.suggest import nearest

BUNDLED = "demo"
ABOUT_BUNDLED = "sees, hears and understands speech; a toy world only"
NONE = "none"  # the model without weights, which neither sees nor hears
CLIP = "openai/clip-vit-base-patch32"
PE_AV = "facebook/pe-av-small"
ENGLISH, MANY = "English", "many languages"  # in which queries can be asked
# What each of Hearsight's own methods compares with queries.
SENSES = {
    "clip4clip": ("seen",),
    "blind": ("seen", "heard"),
    "avigate": ("seen", "heard"),
    "save": ("seen", "heard", "said"),
    "chorus": ("seen", "heard", "said"),
    "pe-av": ("seen", "heard"),
    "words": (),
}
DEMO = Path(__file__).resolve().parents[1] / "demo" / "model"


@dataclass(frozen=True)
class NamedModel:
    """A model of the catalogue.

    about: what it does. here: it is on this machine, so that nothing needs to be downloaded. languages: of queries.
    bytes: that a download takes. licence: by its short name.
    """

    name: str
    about: str
    here: bool
    languages: str = ENGLISH
    bytes: int = 0
    licence: str = "MIT"


WITHOUT_WEIGHTS = NamedModel(NONE, "finds only what is said, and needs nothing", True, MANY, licence="")
# Any CLIP, SigLIP, fixed-size SigLIP2, MetaCLIP 2 or PE-AV on the hub works; these are the ones to begin with.
PUBLIC = {
    model.name: model
    for model in (
        NamedModel(CLIP, "sees; quick", False, ENGLISH, 610_000_000),
        NamedModel("openai/clip-vit-base-patch16", "sees finer detail; slower", False, ENGLISH, 604_000_000),
        NamedModel("openai/clip-vit-large-patch14", "sees best of CLIP; much slower", False, ENGLISH, 1_716_000_000),
        NamedModel("google/siglip2-base-patch32-256", "sees; quick", False, MANY, 1_546_000_000, "Apache-2.0"),
        # Its size is estimated, by those of its parts.
        NamedModel(PE_AV, "sees and hears, on a graphics card", False, ENGLISH, 3_800_000_000, "Apache-2.0"),
    )
}


def suggest_model(name: str) -> str:
    """Return " (did you mean 'demo'?)" for a name that resembles that of a listed model, and "" for others."""
    names = [BUNDLED, *PUBLIC]
    return "" if name in names else nearest(name, names)
