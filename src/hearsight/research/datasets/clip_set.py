"""The interface through which training and evaluation read clips."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hearsight.models.preprocess import ClipInputs
    from hearsight.research.datasets.manifest import Example
    from hearsight.types import ClipFeatures


class ClipSet(Protocol):
    """N clips with captions: a `FeatureSet` reads stored features, a `FileSet` decodes media files."""

    @property
    def examples(self) -> list[Example]: ...

    def __len__(self) -> int: ...

    def batch(
        self, seen: Sequence[int], heard: Sequence[int] | None = None, said: Sequence[int] | None = None
    ) -> ClipInputs | ClipFeatures:
        """Read a batch of B clips by their indices.

        Row i has the pictures of clip seen[i], the sound of clip heard[i] and the words of clip said[i]. heard and said
        default to seen.
        """
