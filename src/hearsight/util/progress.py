"""The interface by which long work reports its progress."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class Progress(Protocol):
    """A function that is called from time to time while work goes on."""

    def __call__(self, what: str, done: int, total: int, figures: Mapping[str, float] | None = None) -> None:
        """Report that `done` of `total` are finished.

        what: what is being done, in a word or two ("transcribed"). figures: the latest numbers, by name.
        """
