"""Plans of indexing: all decisions, before a model is loaded or anything is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from hearsight.library.indexing.model_names import absolute_model_name, check_model_exists, name_of
from hearsight.library.indexing.scan import check_media
from hearsight.library.listeners import UpdateListener
from hearsight.library.reports import UpdateReport
from hearsight.library.tables.library_json import Identity
from hearsight.library.tables.locations import resolve_paths
from hearsight.models.catalog import DEFAULT

if TYPE_CHECKING:
    from hearsight.library.indexing.engine import Engine
    from hearsight.models.base import VideoTextModel
    from hearsight.speech.recogniser import Recogniser


class Updatable(Protocol):
    """The part of `Library` that a plan needs; library.py imports this file, not the other way round."""

    def update(
        self,
        progress: UpdateListener | None = None,
        retry: bool = False,
        *,
        recogniser: str | Recogniser | None = None,
        engine: Engine | None = None,
    ) -> UpdateReport: ...


L = TypeVar("L", bound=Updatable)


@dataclass
class Plan(Generic[L]):
    """How a folder will be indexed. Made by `Library.plan`; `run` carries it out.

    create: `Library.create`. location: the folder of the index. recorded: what the existing index was made with, if
    there is one. model: a name that is valid from any folder, or a loaded model. recogniser, meaning, sound: the names
    that were given; None for the recorded ones. The rest is as in `hearsight.index`.
    """

    create: Callable[..., L]
    folder: Path
    location: Path
    recorded: Identity | None
    model: str | VideoTextModel
    cut: str | None
    seconds: float | None
    recogniser: str | None
    meaning: str | None
    sound: str | None
    device: str
    dtype: str
    rebuild: bool
    retry: bool
    keep_features: bool
    _library: L | None = field(default=None, init=False, repr=False)
    _recogniser: Recogniser | None = field(default=None, init=False, repr=False)

    @property
    def model_name(self) -> str:
        """The name to load the model by."""
        return self.model if isinstance(self.model, str) else name_of(self.model)

    @property
    def recogniser_name(self) -> str:
        """The name to load the recogniser of this run by."""
        if self.recogniser is not None:
            return self.recogniser
        from hearsight.speech.load import recorded_or_auto

        return recorded_or_auto(self.recorded.recogniser if self.recorded else None)

    def prepare(self, engine: Engine | None = None) -> L:
        """Load the model, the recogniser and the experts, then create the library or open the existing one.

        engine: see `hearsight.index`. Raises HearsightError if one of them cannot be loaded, or does not fit the
        existing library.
        """
        from hearsight.experts.registry import choose_meaning, load_experts
        from hearsight.experts.sound_registry import choose_sound, recorded_sound_expert
        from hearsight.models.load import load
        from hearsight.speech.load import load_recogniser

        distributed = engine is not None and engine.distributed
        self._recogniser = load_recogniser(self.recogniser_name)
        if self.meaning is not None:
            self.meaning = choose_meaning(self.meaning)
        elif self.recorded:
            load_experts(self.recorded.meaning)
        if self.sound is not None:
            self.sound = choose_sound(self.sound)
        elif self.recorded:
            recorded_sound_expert(self.recorded.sound)
        if isinstance(self.model, str):
            # Workers get the weights in the data type that they are loaded in here, whatever device they compute on.
            dtype = "float32" if distributed and self.device != "cpu" and self.dtype == "auto" else self.dtype
            self.model = load(self.model, "cpu" if distributed else self.device, dtype)
        if engine is not None and self.recorded and self.rebuild:  # before the old index is dropped
            engine.check(self.folder, self.location)
        recogniser = self.recogniser
        if recogniser and ":" in recogniser and self._recogniser:
            recogniser = self._recogniser.name  # which has the whole path of a folder
        self._library = self.create(
            self.folder,
            self.model,
            self.location,
            cut=self.cut,
            seconds=self.seconds,
            name=self.model_name,
            recogniser=recogniser,
            meaning=self.meaning,
            sound=self.sound,
            rebuild=self.rebuild,
            keep_features=self.keep_features,
        )
        return self._library

    def run(self, progress: UpdateListener | None = None, engine: Engine | None = None) -> tuple[L, UpdateReport]:
        """Prepare the library, unless that is done, and bring it up to date. Return the library and a report."""
        library = self._library or self.prepare(engine)
        report = library.update(progress, self.retry, recogniser=self._recogniser or "none", engine=engine)
        return library, report


def make_plan(
    create: Callable[..., L],
    folder: str | Path,
    model: str | Path | VideoTextModel | None,
    library: str | Path | None,
    cut: str | None,
    seconds: float | None,
    recogniser: str | None,
    meaning: str | None,
    sound: str | None,
    device: str,
    dtype: str,
    rebuild: bool,
    retry: bool,
    keep_features: bool,
) -> Plan[L]:
    """Decide how to index a folder. See `Library.plan`."""
    folder, location = resolve_paths(folder, library)
    recorded = Identity.read(location, rebuild)
    if recorded is None or rebuild:
        check_media(folder, location)
    if recorded and model is None:
        check_model_exists(recorded.model)
    if model is None:
        model = recorded.model if recorded else DEFAULT
    if isinstance(model, str | Path):
        model = absolute_model_name(model)
    return Plan(
        create,
        folder,
        location,
        recorded,
        model,
        cut,
        seconds,
        recogniser,
        meaning,
        sound,
        device,
        dtype,
        rebuild,
        retry,
        keep_features,
    )
