"""A split of a data set: a folder with a manifest, and with the transcripts and features of its clips."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from hearsight.research.datasets.manifest import MANIFEST, Example, Manifest, read_manifest
from hearsight.util.progress import Progress

if TYPE_CHECKING:
    from hearsight.models.base import VideoTextModel
    from hearsight.research.datasets.feature_set import FeatureSet
    from hearsight.research.datasets.file_set import FileSet
    from hearsight.speech import Transcript

RECOGNISER = "pocketsphinx"


class Split:
    """A folder of clips with captions, read once.

    The manifest, and the transcripts of each recogniser, are read when they are first needed and then held. What
    changes on disk afterwards is seen by a new Split only. Nothing is shared between two of them.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._transcripts: dict[str, dict[str, Transcript]] = {}

    @property
    def name(self) -> str:
        return self.folder.name

    def exists(self) -> bool:
        """Return whether the folder has a manifest."""
        return (self.folder / MANIFEST).is_file()

    @property
    def clips(self) -> list[Example]:
        """The clips of the manifest, in its order. Raises HearsightError as `read_manifest` does."""
        return self._manifest.clips

    @property
    def digest(self) -> str:
        """SHA-256 of the manifest."""
        return self._manifest.digest

    @cached_property
    def _manifest(self) -> Manifest:
        return read_manifest(self.folder)

    def captions(self) -> Iterator[str]:
        """Yield the captions of all clips, in order."""
        return (text for clip in self.clips for _, text in clip.captions)

    def transcripts(self, recogniser: str = RECOGNISER, progress: Progress | None = None) -> dict[str, Transcript]:
        """Return what is said in each clip, by id. See `read_transcripts`."""
        if recogniser not in self._transcripts:
            from hearsight.research.datasets.transcripts import read_transcripts

            self._transcripts[recogniser] = read_transcripts(self.folder, self.clips, recogniser, progress)
        return self._transcripts[recogniser]

    def features(
        self, towers: VideoTextModel, recogniser: str = RECOGNISER, progress: Progress | None = None
    ) -> FeatureSet:
        """Return the clips with their stored features, which are extracted where they are missing.

        towers: any model; only its image tower, its audio tower and its tokenizer are used.
        """
        from hearsight.research.datasets.feature_set import extract_features

        transcripts = self.transcripts(recogniser, progress)
        return extract_features(self.folder, self.clips, transcripts, towers, progress)

    def files(self, model: VideoTextModel, recogniser: str = RECOGNISER, progress: Progress | None = None) -> FileSet:
        """Return the clips as inputs of a model, decoded from their files whenever a batch is read."""
        from hearsight.research.datasets.file_set import FileSet

        return FileSet(self.clips, self.transcripts(recogniser, progress), model)
