"""Sources of models and experts: what each takes from the hub, and whether it is on this machine."""

from __future__ import annotations

from collections.abc import Sequence

from hearsight.errors import HearsightError
from hearsight.experts import sentence_checkpoint, sentences
from hearsight.experts.configuration import CONFIGURATIONS, find_configuration
from hearsight.experts.hub_checkpoint import CheckpointKind
from hearsight.experts.registry import EXPERTS, NONE
from hearsight.experts.sound_catalog import with_kind
from hearsight.experts.sound_registry import HUB_SOUNDS, SOUND_EXPERTS
from hearsight.models.catalog import BUNDLED, suggest_model
from hearsight.models.hub import HubModel, is_file, is_hub_id, local_folder, video_model
from hearsight.util.suggest import nearest

KINDS: dict[str, tuple[CheckpointKind, str]] = {
    **{kind: (expert.checkpoint, expert.default_model) for kind, expert in HUB_SOUNDS.items()},
    sentences.KIND: (sentence_checkpoint.CHECKPOINT, sentences.DEFAULT_MODEL),
}


def find_hub_model(name: str) -> HubModel | None:
    """Return what a video model or an expert takes from the hub; None for what needs nothing of it.

    name: as `--model`, `--sound` and `--meaning` take it. Raises HearsightError for what is neither a folder, nor a hub
    id, nor the name of an expert.
    """
    name = with_kind(name)
    kind = name.partition(":")[0]
    if kind in KINDS or kind in EXPERTS.builtin:
        return find_expert_on_hub(name)
    if not is_hub_id(name) and (kind in EXPERTS or kind in SOUND_EXPERTS):  # which loads plugins
        return None
    return find_video_model_on_hub(name)


def find_video_model_on_hub(name: str) -> HubModel | None:
    """Return what a video model takes from the hub; None for what needs nothing of it."""
    if name in (BUNDLED, NONE) or local_folder(name):
        return None
    if is_file(name) or not is_hub_id(name):
        suggestion = nearest(name, CONFIGURATIONS) or suggest_model(name)
        raise HearsightError(
            f"no model '{name}'{suggestion}: no such folder; give a name that hearsight models lists, a folder, or a "
            "hub id like 'org/name'"
        )
    return video_model(name)


def find_expert_on_hub(name: str) -> HubModel | None:
    """Return what a sound or text expert takes from the hub; None for what needs nothing of it."""
    kind, _, detail = with_kind(name).partition(":")
    if kind not in KINDS:
        return None
    checkpoint, default = KINDS[kind]
    model = detail or default
    return None if local_folder(model) else checkpoint.on_hub(model)


def hub_models(names: Sequence[str]) -> list[HubModel]:
    """Return what video models, experts and configurations take from the hub, each model once."""
    models = list[HubModel | None]()
    for name in names:
        if configuration := find_configuration(name):
            models.append(find_video_model_on_hub(configuration.seen))
            models += map(find_expert_on_hub, (configuration.heard, configuration.said))
        else:
            models.append(find_hub_model(name))
    return list({model.name: model for model in models if model is not None}.values())


def is_here(name: str, sense: str) -> bool:
    """Return whether a model or an expert is on this machine, so that nothing has to be downloaded.

    sense: what it is for, "seen", "heard" or "said".
    """
    try:
        model = find_video_model_on_hub(name) if sense == "seen" else find_expert_on_hub(name)
    except HearsightError:
        return False
    return model is None or model.cached() is not None


def is_cached(name: str, sense: str) -> bool:
    """Return whether a name is that of a model or an expert in the hub's cache: no folder, and nothing of a plugin.

    For names that come with a library, which may be a stranger's.
    """
    kind, _, detail = name.rpartition(":")
    if not is_hub_id(detail):
        return False
    if sense == "seen":
        return not kind and video_model(detail).cached() is not None
    return kind in KINDS and KINDS[kind][0].on_hub(detail).cached() is not None
