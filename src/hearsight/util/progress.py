"""How long work tells whoever watches it how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Progress(Protocol):
    def __call__(self, what: str, done: int, total: int, figures: Mapping[str, float] | None = None) -> None:
        """what: is done, in a word or two. figures: the latest, by name."""
