"""The interface of experts that compare a query with windows of clips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class TextExpert(Protocol):
    """Compares what a query means with what is said: both are texts, and near in meaning if their vectors are.

    name: what it can be loaded by again. width: of its vectors. fingerprint: changes with its vectors: those that a
    library has stored of another one are made again.
    """

    name: str
    width: int

    @property
    def fingerprint(self) -> str: ...

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a unit vector for each query, (N, width); zeros for a text that the expert cannot read."""

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return a unit vector for each line that is said, (N, width), to compare with those of queries."""
