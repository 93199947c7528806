"""Clips read from their media files every time, for towers that learn."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.media import probe
from hearsight.models.base import VideoTextModel
from hearsight.models.preprocess import ClipInputs, collate, read_clips
from hearsight.research.datasets.split import Example, read_manifest
from hearsight.research.datasets.transcripts import read_transcripts
from hearsight.speech import Transcript
from hearsight.types import Clip
from hearsight.util.cpu import cores
from hearsight.util.progress import Progress


@dataclass(frozen=True)
class FileSet:
    """N clips with captions; their files are decoded in threads when asked for. model: whose inputs they become."""

    examples: list[Example]
    transcripts: dict[str, Transcript]
    model: VideoTextModel
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(cores()))

    @classmethod
    def open(
        cls, folder: Path, model: VideoTextModel, recogniser: str = "pocketsphinx", progress: Progress | None = None
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
        words = self.transcripts[self.examples[said].id].text
        inputs = read_clip(self.examples[seen], words, self.model)
        if heard != seen:
            other = read_clip(self.examples[heard], words, self.model)
            inputs.filterbank, inputs.has_audio = other.filterbank, other.has_audio
        return inputs


def read_clip(example: Example, words: str, model: VideoTextModel) -> ClipInputs:
    """A clip from its file. words: what is said in it."""
    info = probe(example.path)
    inputs, _ = next(read_clips(info, [stretch(example, info.duration)], Whole(words), model))
    return inputs


def stretch(example: Example, duration: float) -> Clip:
    """Where a clip lies in its file of that many seconds. Raises HearsightError for one that begins after its end."""
    start, end = example.start or 0.0, duration if example.end is None else min(example.end, duration)
    if start >= end:
        raise HearsightError(
            f"the clip {example.id} starts at {start:g} s, but {example.path} ends at {duration:g} s; "
            "give other times, or leave the clip out"
        )
    return Clip(example.path, start, end)


@dataclass(frozen=True)
class Whole:
    """Words that are said whenever one asks: those of another clip have other times."""

    words: str

    def between(self, start: float, end: float) -> str:
        return self.words
