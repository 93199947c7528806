"""Experts of plugins whose answers are checked, so that a mistake is named where it is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from hearsight.errors import HearsightError
from hearsight.experts.expert import TextExpert
from hearsight.experts.sound_expert import SoundExpert

T = TypeVar("T")
E = TypeVar("E", TextExpert, SoundExpert)


class _Checked(Generic[E]):
    """What the experts below have in common.

    Raises HearsightError, which names the expert, if that has no name, width or fingerprint, or if its vectors have
    another shape, or numbers that a library cannot store as float16.
    """

    def __init__(self, expert: E) -> None:
        self._expert: E = expert
        self.name = _checked_attribute(expert, "name", str, f"of the class {type(expert).__name__}")
        self.width = _checked_attribute(expert, "width", int, f"'{self.name}'")
        _ = self.fingerprint

    @property
    def fingerprint(self) -> str:
        return _checked_attribute(self._expert, "fingerprint", str, f"'{self.name}'")

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


class CheckedExpert(_Checked[TextExpert]):
    """A `TextExpert` that passes on what another one returns, as float32."""

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._checked_vectors(self._expert.encode_queries(texts), len(texts), "encode_queries")

    def encode_passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._checked_vectors(self._expert.encode_passages(texts), len(texts), "encode_passages")


class CheckedSoundExpert(_Checked[SoundExpert]):
    """A `SoundExpert` that passes on what another one returns, as float32."""

    def __init__(self, expert: SoundExpert) -> None:
        super().__init__(expert)
        self.sample_rate = _checked_attribute(expert, "sample_rate", int, f"'{self.name}'")
        self.window_seconds = _checked_attribute(expert, "window_seconds", float, f"'{self.name}'")
        if not (self.sample_rate >= 1 and self.window_seconds * self.sample_rate >= 1):
            raise self._error(f"it takes {self.window_seconds} s at {self.sample_rate} Hz, and both have to be above 0")

    def encode_queries(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._checked_vectors(self._expert.encode_queries(texts), len(texts), "encode_queries")

    def encode_sounds(self, sounds: Sequence[NDArray[np.float32]], device: str) -> NDArray[np.float32]:
        return self._checked_vectors(self._expert.encode_sounds(sounds, device), len(sounds), "encode_sounds")


def _checked_attribute(expert: TextExpert | SoundExpert, attribute: str, kind: type[T], description: str) -> T:
    value = getattr(expert, attribute, None)
    if not isinstance(value, kind):
        raise HearsightError(
            f"the expert {description} cannot be used: its {attribute} is {value!r} and not of the type "
            f"{kind.__name__}; correct its plugin"
        )
    return value
