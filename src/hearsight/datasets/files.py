"""Clips read from their media files every time, for towers that learn."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from hearsight.datasets.manifest import Example, read_manifest
from hearsight.datasets.transcripts import read_transcripts
from hearsight.media import probe
from hearsight.models.clip4clip import CLIP4Clip
from hearsight.models.inputs import ClipInputs, collate, read_clips
from hearsight.progress import Progress
from hearsight.speech import Transcript
from hearsight.types import Clip


@dataclass(frozen=True)
class FileSet:
    """N clips with captions; their files are decoded in threads when asked for. model: whose inputs they become."""

    examples: list[Example]
    transcripts: dict[str, Transcript]
    model: CLIP4Clip
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(os.cpu_count()))

    @classmethod
    def open(
        cls, folder: Path, model: CLIP4Clip, recogniser: str = "pocketsphinx", progress: Progress | None = None
    ) -> FileSet:
        """The clips of a data folder; what is said in them is recognised first, where it is not known yet."""
        return cls(read_manifest(folder), read_transcripts(folder, recogniser, progress=progress), model)

    def __len__(self) -> int:
        return len(self.examples)

    def batch(
        self, seen: Sequence[int], heard: Sequence[int] | None = None, said: Sequence[int] | None = None
    ) -> ClipInputs:
        """See `ClipSet`."""
        return collate(list(self.pool.map(self._clip, seen, heard or seen, said or seen)))

    def _clip(self, seen: int, heard: int, said: int) -> ClipInputs:
        inputs = self._read(seen, said)
        if heard != seen:
            other = self._read(heard, said)
            inputs.filterbank, inputs.has_audio = other.filterbank, other.has_audio
        return inputs

    def _read(self, place: int, said: int) -> ClipInputs:
        return read_whole(self.examples[place].path, self.transcripts[self.examples[said].id].text, self.model)


def read_whole(path: Path, words: str, model: CLIP4Clip) -> ClipInputs:
    """A file as one clip. words: what is said in it."""
    info = probe(path)
    return next(read_clips(info, [Clip(path, 0.0, info.duration)], Whole(words), model))


@dataclass(frozen=True)
class Whole:
    """Words that are said whenever one asks: those of another clip have other times."""

    words: str

    def between(self, start: float, end: float) -> str:
        return self.words
