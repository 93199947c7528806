"""Plans of indexing: all decisions, before a model is loaded or anything is written."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from hearsight.errors import HearsightError
from hearsight.library.expert_choice import ExpertChoice, describe_missing
from hearsight.library.indexing.model_names import name_of
from hearsight.library.indexing.picture_choice import wants_pictures
from hearsight.library.indexing.scan import check_media
from hearsight.library.listeners import UpdateListener
from hearsight.library.reports import UpdateReport
from hearsight.library.tables.library_json import Identity
from hearsight.library.tables.locations import resolve_paths
from hearsight.media.track_choice import TrackChoice
from hearsight.ocr.load import NONE, RAPIDOCR
from hearsight.util.progress import Progress

if TYPE_CHECKING:
    from hearsight.library.indexing.engine import Engine
    from hearsight.models.base import VideoTextModel
    from hearsight.speech.recogniser import Recogniser


class Updatable(Protocol):
    """The part of `Library` that a plan needs; library.py imports this file, not the other way round."""

    identity: Identity

    def change_model(
        self,
        model: VideoTextModel,
        progress: UpdateListener | None = None,
        name: str | None = None,
        keep_features: bool = False,
    ) -> UpdateReport: ...

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
    there is one. experts: the chosen ones. recogniser: the name that was given; None for the recorded one. reader: of
    text in pictures, in the same way. audio_track, audio_language: those that were given. The rest is as in
    `hearsight.index`.
    """

    create: Callable[..., L]
    folder: Path
    location: Path
    recorded: Identity | None
    experts: ExpertChoice
    cut: str | None
    seconds: float | None
    recogniser: str | None
    reader: str | None
    pictures: bool | None
    device: str
    dtype: str
    rebuild: bool
    retry: bool
    keep_features: bool
    audio_track: int | None
    audio_language: str | None
    _is_fetched: bool = field(default=False, init=False, repr=False)
    _library: L | None = field(default=None, init=False, repr=False)
    _recogniser: Recogniser | None = field(default=None, init=False, repr=False)
    _model: VideoTextModel | None = field(default=None, init=False, repr=False)

    @property
    def model_name(self) -> str:
        """The name to load the model by."""
        model = self.experts.model
        return model if isinstance(model, str) else name_of(model)

    @property
    def changes_model(self) -> bool:
        """Whether an existing index gets another model.

        Before `prepare` has loaded the model, its name tells, and one whose folder was moved counts as another.
        """
        model = self._model or self.experts.model
        if self.recorded is None or self.rebuild:
            return False
        if isinstance(model, str):
            return model != self.recorded.model
        return model.fingerprint != self.recorded.fingerprint

    @property
    def reads_again(self) -> bool:
        """Whether the files of an existing index are read for another model: not if features of its towers are kept."""
        towers = self._model.towers_fingerprint if self._model else None
        return self.changes_model and not (self.recorded and towers and self.recorded.towers == towers)

    @property
    def recogniser_name(self) -> str:
        """The name to load the recogniser of this run by."""
        if self.recogniser is not None:
            return self.recogniser
        from hearsight.speech.load import recorded_or_auto

        return recorded_or_auto(self.recorded.recogniser if self.recorded else None)

    def fetch(self, progress: Progress | None = None) -> HearsightError | None:
        """Download the experts that a person has chosen and this machine lacks. See `ExpertChoice.fetch`."""
        self._is_fetched = True
        if self.rebuild and self.recorded:  # an index that sees is not replaced by one that does not
            self.experts.is_configuration = False
        return self.experts.fetch(self.recorded, progress)

    def prepare(self, engine: Engine | None = None) -> L:
        """Load the model, the recogniser and the experts, then create the library or open the existing one.

        engine: see `hearsight.index`. Raises HearsightError if one of them cannot be loaded, or does not fit the
        existing library.
        """
        from hearsight.experts.registry import choose_meaning, load_experts
        from hearsight.experts.sound_registry import choose_sound, recorded_sound_expert
        from hearsight.models.load import load
        from hearsight.ocr.load import recorded_reader
        from hearsight.speech.load import load_recogniser, load_recorded

        if not self._is_fetched and (error := self.fetch()):
            warnings.warn(f"{describe_missing(self.experts.missing)} cannot be searched yet: {error}", stacklevel=2)
        distributed = engine is not None and engine.distributed
        if self.recogniser is None:
            self._recogniser = load_recorded(self.recorded.recogniser if self.recorded else None)
        else:
            self._recogniser = load_recogniser(self.recogniser)
        experts = self.experts
        if experts.meaning is not None:
            experts.meaning = choose_meaning(experts.meaning, download="said" in experts.named)
        elif self.recorded:
            load_experts(self.recorded.meaning)
        if experts.sound is not None:
            experts.sound = choose_sound(experts.sound, download="heard" in experts.named)
        elif self.recorded:
            recorded_sound_expert(self.recorded.sound)
        recorded_reader(self.reader or (self.recorded.reader if self.recorded else None))
        name, model = self.model_name, experts.model
        if isinstance(model, str):
            # Workers get the weights in the data type that they are loaded in here, whatever device they compute on.
            dtype = "float32" if distributed and self.device != "cpu" and self.dtype == "auto" else self.dtype
            model = load(model, "cpu" if distributed else self.device, dtype, download=False)
        self._model = model
        if distributed and self.changes_model:
            raise HearsightError(
                f"the model of the index at {self.location} cannot be changed on a cluster; run it once without "
                "--engine ray, and update the index on the cluster after that"
            )
        if engine is not None and self.recorded and self.rebuild:  # before the old index is dropped
            engine.check(self.folder, self.location)
        recogniser = self.recogniser
        if recogniser and ":" in recogniser and self._recogniser:
            recogniser = self._recogniser.name  # which has the whole path of a folder
        self._library = self.create(
            self.folder,
            None if self.changes_model else model,
            self.location,
            cut=self.cut,
            seconds=self.seconds,
            name=None if self.changes_model else name,
            recogniser=recogniser,
            meaning=experts.meaning,
            sound=experts.sound,
            reader=self.reader,
            missing=self._missing(),
            pictures=self.pictures,
            rebuild=self.rebuild,
            keep_features=self.keep_features,
            audio_track=self.audio_track,
            audio_language=self.audio_language,
        )
        return self._library

    def _missing(self) -> dict[str, str]:
        """Return what the library records as missing: a model that it is about to get, too, until it has it."""
        recorded = self.recorded.missing if self.recorded and self.changes_model else None
        return {**{sense: name for sense, name in (recorded or {}).items() if sense == "seen"}, **self.experts.missing}

    def run(self, progress: UpdateListener | None = None, engine: Engine | None = None) -> tuple[L, UpdateReport]:
        """Prepare the library, unless that is done, and bring it up to date. Return the library and a report.

        An index that gets another model gets its vectors first.
        """
        library = self._library or self.prepare(engine)
        changed = None
        if self._model and library.identity.fingerprint != self._model.fingerprint:
            changed = library.change_model(self._model, progress, self.model_name, self.keep_features)
        report = library.update(progress, self.retry, recogniser=self._recogniser or "none", engine=engine)
        if changed is not None:
            report.add(changed)
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
    read: bool | None,
    pictures: bool | None,
    device: str,
    dtype: str,
    rebuild: bool,
    retry: bool,
    keep_features: bool,
    audio_track: int | None,
    audio_language: str | None,
) -> Plan[L]:
    """Decide how to index a folder. See `Library.plan`."""
    folder, location = resolve_paths(folder, library)
    TrackChoice.of(audio_track, audio_language)  # before anything is read in vain
    recorded = Identity.read(location, rebuild)
    if recorded is None or rebuild:
        check_media(folder, location, wants_pictures(recorded, rebuild, pictures))
    experts = ExpertChoice.make(recorded, model, sound, meaning)
    return Plan(
        create,
        folder,
        location,
        recorded,
        experts,
        cut,
        seconds,
        recogniser,
        None if read is None else RAPIDOCR if read else NONE,
        pictures,
        device,
        dtype,
        rebuild,
        retry,
        keep_features,
        audio_track,
        audio_language,
    )
