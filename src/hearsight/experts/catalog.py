"""The catalogue of what `--model` accepts by name: configurations of experts, and single models."""

from __future__ import annotations

from dataclasses import replace

from hearsight.experts.configuration import CONFIGURATIONS, EVERYDAY
from hearsight.experts.sources import hub_models
from hearsight.models import catalog
from hearsight.models.catalog import ABOUT_BUNDLED, BUNDLED, PUBLIC, NamedModel
from hearsight.models.hub import video_model

SOUND_MODELS = {"laion/clap-htsat-unfused": 615_000_000}  # bytes
ABOUT = {
    EVERYDAY: NamedModel(
        EVERYDAY, "the default: seen, heard and said", False, "English, sights in many", licence="several"
    ),
    "everyday-english": NamedModel("everyday-english", "the same, lighter", False),
}


def size_of(hub_id: str) -> int:
    """Return the bytes that a model of the catalogue takes to download; 0 for one that is not in it."""
    return PUBLIC[hub_id].bytes if hub_id in PUBLIC else SOUND_MODELS.get(hub_id, 0)


def listed_models() -> list[NamedModel]:
    """Return the configurations, the bundled model and the public ones; only this machine is searched for them."""
    configurations = [_listed(name) for name in CONFIGURATIONS]
    bundled = [NamedModel(BUNDLED, ABOUT_BUNDLED, True)] if catalog.DEMO.is_dir() else []
    public = [replace(model, here=video_model(name).cached() is not None) for name, model in PUBLIC.items()]
    return [*configurations, *bundled, *public]


def _listed(name: str) -> NamedModel:
    models = hub_models([name])
    size = sum(size_of(model.name) for model in models)
    return replace(ABOUT[name], bytes=size, here=all(model.cached() is not None for model in models))
