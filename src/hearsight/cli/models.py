"""`hearsight models`: what can be named with --model."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

import hearsight
from hearsight.cli import show

DEFAULT = "openai/clip-vit-base-patch32"
# Any CLIP on the hub can be named; these are the ones to begin with.
PUBLIC = {
    DEFAULT: "sees; quick, the default",
    "openai/clip-vit-base-patch16": "sees finer detail; slower",
    "openai/clip-vit-large-patch14": "sees best; much slower",
}
# As in hearsight.models.checkpoint, which takes seconds to import.
DEMO = Path(hearsight.__file__).parent / "demo" / "model"
WEIGHTS = ("model.safetensors", "pytorch_model.bin")


@dataclass(frozen=True)
class NamedModel:
    """here: nothing needs to be downloaded."""

    name: str
    about: str
    here: bool


def models(json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False) -> None:
    """List the models that can be named."""
    known = named_models()
    if json:
        show.write_json([asdict(model) for model in known])
        return
    from rich.text import Text

    screen = show.console()
    names, abouts = (max(map(len, column)) for column in zip(*((m.name, m.about) for m in known), strict=True))
    for model in known:
        here = ("on this machine", "green") if model.here else ("to be fetched", "dim")
        show.write(
            screen,
            Text.assemble("  ", (f"{model.name:<{names}}", "bold"), f"  {model.about:<{abouts}}  ", here),
        )
    show.write(screen, Text("  Also: the hub id of any other CLIP, or the folder of a model.", style="dim"))


def named_models() -> list[NamedModel]:
    """The bundled model and the public ones, looked up on this machine only."""
    bundled = [NamedModel("demo", "sees, hears and reads; tiny", True)] if DEMO.is_dir() else []
    return bundled + [NamedModel(name, about, _is_here(name)) for name, about in PUBLIC.items()]


def _is_here(name: str) -> bool:
    from huggingface_hub import try_to_load_from_cache

    return any(isinstance(try_to_load_from_cache(name, file), str) for file in WEIGHTS)
