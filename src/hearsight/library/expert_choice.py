"""The choice of a library's experts: what a person names, what the library records, and what is on this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from hearsight.errors import HearsightError
from hearsight.experts.configuration import EVERYDAY, find_configuration
from hearsight.experts.registry import NONE
from hearsight.experts.sources import find_expert_on_hub, find_hub_model, is_here
from hearsight.library.indexing.model_names import absolute_model_name, check_model_exists
from hearsight.library.tables.library_json import Identity
from hearsight.models.download import PATIENCE
from hearsight.models.hub import HubModel
from hearsight.util.progress import Progress

if TYPE_CHECKING:
    from hearsight.models.base import VideoTextModel

SHORT_PATIENCE = 1.0  # seconds that the hub has to answer, where a library can do without


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
            return cls(model, sound, meaning, _given(heard=sound, said=meaning))
        name = EVERYDAY if model is None else str(model)
        configuration = find_configuration(name)
        if configuration is None:
            name = absolute_model_name(name)
            return cls(name, sound, meaning, _given(seen=name, heard=sound, said=meaning))
        sound, meaning = sound or configuration.heard, meaning or configuration.said
        seen = absolute_model_name(configuration.seen)
        named = _given(seen=seen, heard=sound, said=meaning)
        return cls(seen, sound, meaning, named, is_configuration=True)

    @classmethod
    def _of_recorded(cls, recorded: Identity, sound: str | None, meaning: str | None) -> ExpertChoice:
        check_model_exists(recorded.model)
        missing = dict(recorded.missing or {})
        added = {sense: name for sense, name in missing.items() if is_here(name, sense)}
        return cls(
            model=added.get("seen", recorded.model),
            sound=sound or added.get("heard"),
            meaning=meaning or added.get("said"),
            named=_given(heard=sound, said=meaning),
            missing={sense: name for sense, name in missing.items() if sense not in added},
        )

    def downloads(self) -> list[HubModel]:
        """Return what a person has chosen and is not on this machine."""
        models = (
            find_hub_model(name) if sense == "seen" else find_expert_on_hub(name) for sense, name in self.named.items()
        )
        return [model for model in models if model is not None and model.cached() is None]

    def fetch(self, recorded: Identity | None, progress: Progress | None = None) -> HearsightError | None:
        """Download what is missing.

        Returns the error if it cannot be downloaded and the library can do without it, and leaves it out then. Raises
        HearsightError if it cannot do without.
        """
        try:
            for model in self.downloads():
                model.fetch(progress, patience=SHORT_PATIENCE if self.is_configuration else PATIENCE)
        except HearsightError as error:
            if not self.is_configuration:
                raise
            self._leave_out(recorded)
            return error
        return None

    def _leave_out(self, recorded: Identity | None) -> None:
        self.missing = {sense: name for sense, name in self.named.items() if not is_here(name, sense)}
        if "seen" in self.missing:
            self.model = recorded.model if recorded else NONE
        if "heard" in self.missing:
            self.sound = None
        if "said" in self.missing:
            self.meaning = None


def pull_command(missing: Mapping[str, str]) -> str:
    """Return the command that downloads missing experts."""
    everyday = find_configuration(EVERYDAY)
    is_everyday = everyday is not None and set(missing.values()) <= set(asdict(everyday).values())
    return f"hearsight models pull {EVERYDAY if is_everyday else ' '.join(missing.values())}"


def _given(**names: str | None) -> dict[str, str]:
    return {sense: name for sense, name in names.items() if name is not None}
