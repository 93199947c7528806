"""The sound experts that can be chosen by name: CLAP, PE-Audio, and those that plugins register."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache, partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from hearsight.experts.checked_expert import CheckedSoundExpert
from hearsight.experts.clap import Clap
from hearsight.experts.hub_sound_expert import HubSoundExpert
from hearsight.experts.pe_audio import PeAudio
from hearsight.experts.registry import NONE, check_name
from hearsight.experts.sound_catalog import with_kind
from hearsight.experts.sound_expert import SoundExpert
from hearsight.util.registry import Registry

# Makes an expert of the text behind the colon of a name, "" where there is none.
SoundExpertFactory = Callable[[str], SoundExpert]
Factory = TypeVar("Factory", bound=SoundExpertFactory)


@cache
def load_sound_expert(name: str) -> SoundExpert:
    """Return the sound expert of a name, loaded once. Nothing is downloaded: the name may come with a library.

    "clap:HUB-ID" or "clap:FOLDER": a CLAP; "clap" alone: that of LAION. "pe-audio", in the same way: a PE-Audio.
    "NAME" or "NAME:DETAIL": an expert that a plugin registered as NAME.
    Raises HearsightError for an unknown name, and for a model that is not on this machine or cannot be used.
    """
    kind, _, detail = name.partition(":")
    expert = SOUND_EXPERTS.get(kind)(detail)
    return expert if kind in SOUND_EXPERTS.builtin else CheckedSoundExpert(expert)


@lru_cache(maxsize=1000)
def encode_sound_query(text: str, expert: str) -> NDArray[np.float32]:
    """Return a query's vector by the sound expert of a name, (width,). Cached, because people repeat searches."""
    vector: NDArray[np.float32] = load_sound_expert(expert).encode_queries([text])[0]
    return vector


def recorded_sound_expert(sound: str | None) -> SoundExpert | None:
    """Return the expert of a library that records this choice; None for none."""
    return None if sound in (None, NONE) else load_sound_expert(str(sound))


def choose_sound(name: str, download: bool = True) -> str:
    """Return what a library records for an expert, after downloading what it needs if a person names it (download).

    name: as `load_sound_expert` takes it, or the hub id of a public one.
    Raises HearsightError as `load_sound_expert` does, if it cannot be downloaded, and if it is broken.
    """
    if name == NONE:
        return name
    name = with_kind(name)
    kind, _, detail = name.partition(":")
    if kind in HUB_SOUNDS:
        checkpoint, default = HUB_SOUNDS[kind].checkpoint, HUB_SOUNDS[kind].default_model
        model = checkpoint.absolute_name(detail or default)
        if download:
            checkpoint.download(model)
        name = f"{kind}:{model}"
    expert = load_sound_expert(name)
    if isinstance(expert, HubSoundExpert):
        expert.check()
    return expert.name


def register_sound_expert(name: str) -> Callable[[Factory], Factory]:
    """Return a decorator that registers a sound expert's factory: a class, or a function that returns one.

    As `hearsight.register_expert`; see `SoundExpert` for what it returns.
    """
    check_name(name, "sound expert")
    add = SOUND_EXPERTS.register(name)

    def register(factory: Factory) -> Factory:
        add(factory)
        load_sound_expert.cache_clear()  # the name may have been another factory's
        encode_sound_query.cache_clear()
        return factory

    return register


def _from_hub(kind: type[Clap | PeAudio], detail: str) -> SoundExpert:
    return kind(detail or kind.default_model)


HUB_SOUNDS: dict[str, type[Clap | PeAudio]] = {kind.checkpoint.prefix: kind for kind in (Clap, PeAudio)}
SOUND_EXPERTS: Registry[SoundExpertFactory] = Registry(
    "sound expert", {name: partial(_from_hub, kind) for name, kind in HUB_SOUNDS.items()}
)
