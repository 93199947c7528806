"""The models that can teach soft-ALBEF, by name: PE-AV, and those that plugins register."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from hearsight.errors import HearsightError
from hearsight.models.hub import HubModel, has_weights
from hearsight.towers.pe_av import PEAV
from hearsight.util.registry import Registry

PE_AV_FILES = ["config.json", "model*.safetensors*", "processor_config.json", "*preprocessor_config.json"]


class TeacherModel(Protocol):
    """A model whose vectors of pictures and of sound can be compared with each other.

    name: written to teacher.json; only features of one name share a folder. width: W, the length of a vector.
    frames: how many pictures of a clip it takes, evenly spread from the first to the last. rate: of the sound, in Hz.
    Vectors need not be unit.
    """

    name: str
    width: int
    frames: int
    rate: int

    def embed_video(self, frames: Sequence[NDArray[np.uint8]]) -> Tensor:
        """Embed the RGB pictures (H, W, 3) of one clip, in order, at least one -> (W,)."""

    def embed_audio(self, waveform: NDArray[np.float32]) -> Tensor:
        """Embed the whole sound of one clip, mono, in [-1, 1] -> (W,)."""


# Makes a teacher of the text behind the colon of a name ("" where there is none) on a device.
TeacherFactory = Callable[[str, str], TeacherModel]
Factory = TypeVar("Factory", bound=TeacherFactory)


def load_teacher(name: str, device: str = "cpu") -> TeacherModel:
    """Return the teacher of a name.

    name: a PE-AV as a hub id or a folder; or "NAME" or "NAME:DETAIL", where a plugin registered a teacher as NAME.
    Raises HearsightError for a model that cannot be found, downloaded or loaded.
    """
    kind, _, detail = name.partition(":")
    if "/" in kind or Path(name).expanduser().is_dir():
        return _load_pe_av(name, device)
    return TEACHERS.get(kind)(detail, device)


def register_teacher(name: str) -> Callable[[Factory], Factory]:
    """Return a decorator that registers a teacher's factory: a class, or a function that returns a `TeacherModel`.

        @hearsight.register_teacher("mine")
        class MyTeacher:
            def __init__(self, detail: str, device: str) -> None: ...

    The factory is called with the text behind the colon of a name ("large" for "mine:large", "" for "mine"), and with
    the device. Raises HearsightError for the name of one of Hearsight's own teachers.
    """
    if not name or ":" in name or "/" in name:
        raise HearsightError(f"cannot register the teacher '{name}': a name is not empty and has no colon or slash")
    return TEACHERS.register(name)


def _load_pe_av(name: str, device: str) -> TeacherModel:
    folder = Path(name).expanduser()
    if not folder.is_dir():
        folder = HubModel(name, tuple(PE_AV_FILES), _has_pe_av).fetch()
    return PEAV(folder, name, device)


def _has_pe_av(folder: Path) -> bool:
    return has_weights(folder) and (folder / "config.json").is_file() and any(folder.glob("*processor_config.json"))


TEACHERS: Registry[TeacherFactory] = Registry("teacher", {"pe-av": _load_pe_av})
