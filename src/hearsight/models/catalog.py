"""The catalogue of models: the bundled one, and public ones to begin with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hearsight.util.suggest import nearest

BUNDLED = "demo"
DEFAULT = "openai/clip-vit-base-patch32"
# Any CLIP on the hub works; these are the ones to begin with.
PUBLIC = {
    DEFAULT: "sees; quick, the default",
    "openai/clip-vit-base-patch16": "sees finer detail; slower",
    "openai/clip-vit-large-patch14": "sees best; much slower",
}
# What each of Hearsight's own methods compares with queries.
SENSES = {
    "clip4clip": ("seen",),
    "blind": ("seen", "heard"),
    "avigate": ("seen", "heard"),
    "save": ("seen", "heard", "said"),
    "chorus": ("seen", "heard", "said"),
}
DEMO = Path(__file__).resolve().parents[1] / "demo" / "model"
WEIGHTS = ("model.safetensors", "pytorch_model.bin")


@dataclass(frozen=True)
class NamedModel:
    """A model of the catalogue. here: it is on this machine, so that nothing needs to be downloaded."""

    name: str
    about: str
    here: bool


def named_models() -> list[NamedModel]:
    """Return the bundled model and the public ones; only this machine is searched for them."""
    bundled = [NamedModel(BUNDLED, "sees, hears and reads; tiny", True)] if DEMO.is_dir() else []
    return bundled + [NamedModel(name, about, _is_downloaded(name)) for name, about in PUBLIC.items()]


def suggest_model(name: str) -> str:
    """Return " (did you mean 'demo'?)" for a name that resembles that of a listed model, and "" for others."""
    names = [BUNDLED, *PUBLIC]
    return "" if name in names else nearest(name, names)


def _is_downloaded(name: str) -> bool:
    from huggingface_hub import try_to_load_from_cache

    return any(isinstance(try_to_load_from_cache(name, file), str) for file in WEIGHTS)
