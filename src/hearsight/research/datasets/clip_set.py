"""What training and evaluation ask of a set of clips, wherever these come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hearsight.models.preprocess import ClipInputs
    from hearsight.research.datasets.split import Example
    from hearsight.types import ClipFeatures


class ClipSet(Protocol):
    """N clips with captions. `FeatureSet` has them as stored features, `FileSet` decodes their files."""

    @property
    def examples(self) -> list[Example]: ...

    def __len__(self) -> int: ...

    def batch(
        self, seen: Sequence[int], heard: Sequence[int] | None = None, said: Sequence[int] | None = None
    ) -> ClipInputs | ClipFeatures:
        """B clips by their places: the pictures of `seen`, with the sound and the words of the same clips, or of
        others.
        """
