"""The choice of a library's experts: what a person names, what the library records, and what is on this machine."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hearsight.errors import HearsightError
from hearsight.experts.configuration import CONFIGURATIONS, EVERYDAY, find_configuration
from hearsight.experts.registry import NONE
from hearsight.experts.sources import find_expert_on_hub, find_video_model_on_hub, is_cached, is_here
from hearsight.library.indexing.model_names import absolute_model_name, check_model_exists
from hearsight.library.tables.library_json import Identity
from hearsight.models.download import PATIENCE, TemporaryError, UnreachableError
from hearsight.models.hub import HubModel, is_hub_id
from hearsight.util.progress import Progress

if TYPE_CHECKING:
    from hearsight.models.base import VideoTextModel

SENSES = ("seen", "heard", "said")
SHORT_PATIENCE = 1.5  # seconds that the hub has to answer, where a library can do without


@dataclass
class ExpertChoice:
    """The experts of a run.

    model: a name that is valid from any folder, or a loaded model. sound, meaning: names; None for those that the
    library records. named: the names that a person has chosen now, by sense, which may be downloaded. missing: those
    that the library will lack, because they are neither on this machine nor can be downloaded; a later run adds them.
    is_configuration: whether the library can do without some of them.
    """

    model: str | VideoTextModel
    sound: str | None
    meaning: str | None
    named: dict[str, str] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    is_configuration: bool = False

    @classmethod
    def make(
        cls,
        recorded: Identity | None,
        model: str | Path | VideoTextModel | None,
        sound: str | None,
        meaning: str | None,
    ) -> ExpertChoice:
        """Choose by names: None for what is recorded, or the default. recorded: by the existing library, if any.

        Of what the library records and lacked before, it takes what is on this machine by now. Raises HearsightError
        for a name that means nothing.
        """
        if model is None and recorded:
            return cls._of_recorded(recorded, sound, meaning)
        if not isinstance(model, str | Path | None):
            named = _without_none(heard=sound, said=meaning)
            return cls(model, sound, meaning, named, _still_missing(recorded, {"seen", *named}))
        name = EVERYDAY if model is None else str(model)
        configuration = find_configuration(name)
        if configuration is None:
            name = absolute_model_name(name)
            named = _without_none(seen=name, heard=sound, said=meaning)
            return cls(name, sound, meaning, named, _still_missing(recorded, named))
        sound, meaning = sound or configuration.heard, meaning or configuration.said
        seen = absolute_model_name(configuration.seen)
        named = _without_none(seen=seen, heard=sound, said=meaning)
        return cls(seen, sound, meaning, named, is_configuration=True)

    @classmethod
    def _of_recorded(cls, recorded: Identity, sound: str | None, meaning: str | None) -> ExpertChoice:
        check_model_exists(recorded.model)
        named = _without_none(heard=sound, said=meaning)
        missing = _still_missing(recorded, named)
        available = {sense: name for sense, name in missing.items() if is_cached(name, sense)}
        return cls(
            model=available.get("seen", recorded.model),
            sound=sound or available.get("heard"),
            meaning=meaning or available.get("said"),
            named=named,
            missing={sense: name for sense, name in missing.items() if sense not in available},
        )

    def downloads(self) -> list[HubModel]:
        """Return what a person has chosen and is not on this machine."""
        models = (
            find_video_model_on_hub(name) if sense == "seen" else find_expert_on_hub(name)
            for sense, name in self.named.items()
        )
        return [model for model in models if model is not None and model.cached() is None]

    def fetch(self, recorded: Identity | None, progress: Progress | None = None) -> HearsightError | None:
        """Download what is missing.

        recorded: what the library has in place of it. Returns the error if something cannot be downloaded now and the
        library can do without it, and leaves it out then. Raises HearsightError if it cannot do without, or if the name
        is wrong.
        """
        error = None
        for model in self.downloads():
            try:
                model.fetch(progress, patience=SHORT_PATIENCE if self.is_configuration else PATIENCE)
            except TemporaryError as reason:
                if not self.is_configuration:
                    raise
                error = error or reason
                if isinstance(reason, UnreachableError):
                    break
        if error:
            self._leave_out(recorded)
        return error

    def _leave_out(self, recorded: Identity | None) -> None:
        self.missing = {sense: name for sense, name in self.named.items() if not is_here(name, sense)}
        if "seen" in self.missing:
            self.model = recorded.model if recorded else NONE
        if "heard" in self.missing:
            self.sound = None
        if "said" in self.missing:
            self.meaning = None


def describe_missing(missing: Mapping[str, str]) -> str:
    """Return what cannot be searched without missing experts: "what is seen and heard"."""
    senses = " and ".join(sense for sense in missing if sense != "said")
    parts = [f"what is {senses}"] if senses else []
    return " and ".join([*parts, "the meaning of what is said"] if "said" in missing else parts)


def pull_command(missing: Mapping[str, str]) -> str:
    """Return the commands that add missing experts to a library; names that may be no model's are not repeated."""
    everyday = asdict(CONFIGURATIONS[EVERYDAY])
    names = [name for name in missing.values() if is_hub_id(name.rpartition(":")[2]) and " " not in name]
    is_everyday = {"seen": everyday["seen"], "heard": everyday["heard"]} == dict(missing)
    return f"hearsight models pull {EVERYDAY if is_everyday else ' '.join(names)}, then: hearsight index FOLDER"


def _still_missing(recorded: Identity | None, named: Collection[str]) -> dict[str, str]:
    """Return what a library records as missing, of the senses that no new choice is for."""
    missing = (recorded.missing if recorded else None) or {}
    return {sense: name for sense, name in missing.items() if sense in SENSES and sense not in named}


def _without_none(**names: str | None) -> dict[str, str]:
    return {sense: name for sense, name in names.items() if name is not None}
