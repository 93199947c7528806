"""The catalogue of what `--model` and `--sound` accept by name: configurations of experts, and single ones."""

from __future__ import annotations

from dataclasses import replace

from hearsight.experts.configuration import CONFIGURATIONS, EVERYDAY
from hearsight.experts.sound_catalog import PUBLIC_SOUNDS, with_kind
from hearsight.experts.sources import find_expert_on_hub, hub_models
from hearsight.models import catalog
from hearsight.models.catalog import ABOUT_BUNDLED, BUNDLED, PUBLIC, NamedModel
from hearsight.models.hub import HubModel, video_model

ABOUT = {
    EVERYDAY: NamedModel(
        EVERYDAY, "the default: seen, heard and said", False, "English, sights in many", licence="several"
    ),
    "everyday-english": NamedModel("everyday-english", "the same, lighter", False),
}


def size_of(hub_id: str) -> int:
    """Return the bytes that a model of the catalogue takes to download; 0 for one that is not in it."""
    model = PUBLIC.get(hub_id) or PUBLIC_SOUNDS.get(with_kind(hub_id))
    return model.bytes if model else 0


def listed_models() -> list[NamedModel]:
    """Return the configurations, the bundled model, and public models and sound experts.

    Only this machine is searched for them.
    """
    configurations = [_listed(name) for name in CONFIGURATIONS]
    bundled = [NamedModel(BUNDLED, ABOUT_BUNDLED, True)] if catalog.DEMO.is_dir() else []
    public = [replace(model, here=_is_here(video_model(name))) for name, model in PUBLIC.items()]
    sounds = [replace(expert, here=_is_here(find_expert_on_hub(name))) for name, expert in PUBLIC_SOUNDS.items()]
    return [*configurations, *bundled, *public, *sounds]


def _listed(name: str) -> NamedModel:
    models = hub_models([name])
    size = sum(size_of(model.name) for model in models)
    return replace(ABOUT[name], bytes=size, here=all(map(_is_here, models)))


def _is_here(model: HubModel | None) -> bool:
    return model is not None and model.cached() is not None
