"""The experts of a library besides its model, loaded together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from hearsight.experts.expert import TextExpert
from hearsight.experts.registry import NONE, load_experts
from hearsight.experts.sound_expert import SoundExpert
from hearsight.experts.sound_registry import recorded_sound_expert
from hearsight.library.tables.library_json import Identity


@dataclass(frozen=True)
class LibraryExperts:
    """What compares queries with what is said (texts) and with what is heard (sound; None for no expert).

    reader: the name of what reads text in pictures, which queries do not need; None for nothing.
    """

    texts: list[TextExpert]
    sound: SoundExpert | None
    reader: str | None = None

    @classmethod
    def load(cls, identity: Identity) -> Self:
        """Load what a library records. Raises HearsightError for an expert that is not on this machine."""
        reader = None if identity.reader in (None, NONE) else identity.reader
        return cls(load_experts(identity.meaning), recorded_sound_expert(identity.sound), reader)
