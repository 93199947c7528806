"""An expert of a plugin whose answers are checked, so that a mistake is named where it is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from hearsight.errors import HearsightError
from hearsight.experts.expert import TextExpert

T = TypeVar("T")


class CheckedExpert:
    """A `TextExpert` that passes on what another one returns, as float32.

    Raises HearsightError, which names the expert, if that has no name, width or fingerprint, or if its vectors have
    another shape, or numbers that a library cannot store as float16.
    """

    def __init__(self, expert: TextExpert) -> None:
        self._expert = expert
        self.name = _checked_attribute(expert, "name", str, f"of the class {type(expert).__name__}")
        self.width = _checked_attribute(expert, "width", int, f"'{self.name}'")
        _ = self.fingerprint

    @property
    def fingerprint(self) -> str:
        return _checked_attribute(self._expert, "fingerprint", str, f"'{self.name}'")

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._checked_vectors(self._expert.encode_queries(texts), len(texts), "encode_queries")

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._checked_vectors(self._expert.encode_passages(texts), len(texts), "encode_passages")

    def _checked_vectors(self, vectors: object, count: int, method: str) -> NDArray[np.float32]:
        try:
            array = np.asarray(vectors, np.float32)
        except (TypeError, ValueError) as error:
            raise self._error(f"{method} returned no array of numbers: {error}") from error
        if array.shape != (count, self.width):
            raise self._error(f"{method} returned the shape {array.shape} where ({count}, {self.width}) is expected")
        if not (np.abs(array) <= np.finfo(np.float16).max).all():
            raise self._error(f"{method} returned NaN, or numbers too large for unit vectors")
        return array

    def _error(self, reason: str) -> HearsightError:
        return HearsightError(f"the expert '{self.name}' cannot be used: {reason}; correct its plugin")


def _checked_attribute(expert: TextExpert, attribute: str, kind: type[T], description: str) -> T:
    value = getattr(expert, attribute, None)
    if not isinstance(value, kind):
        raise HearsightError(
            f"the expert {description} cannot be used: its {attribute} is {value!r} and not of the type "
            f"{kind.__name__}; correct its plugin"
        )
    return value
