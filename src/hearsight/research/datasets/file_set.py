"""Clips that are decoded from their media files for every batch, for training towers."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from hearsight.errors import HearsightError
from hearsight.media.probe import probe
from hearsight.models.base import VideoTextModel
from hearsight.models.preprocess import ClipInputs, collate, read_clips
from hearsight.research.datasets.manifest import Example
from hearsight.speech import Transcript
from hearsight.types import Clip
from hearsight.util.cpu import cores


@dataclass(frozen=True)
class FileSet:
    """N clips with captions, whose files are decoded in threads when a batch is read.

    model: the model whose inputs they become. See `Split.files`.
    """

    examples: list[Example]
    transcripts: dict[str, Transcript]
    model: VideoTextModel
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(cores()))

    def __len__(self) -> int:
        return len(self.examples)

    def batch(
        self, seen: Sequence[int], heard: Sequence[int] | None = None, said: Sequence[int] | None = None
    ) -> ClipInputs:
        """Decode a batch of clips. See `ClipSet`."""
        return collate(list(self.pool.map(self._clip, seen, heard or seen, said or seen)))

    def _clip(self, seen: int, heard: int, said: int) -> ClipInputs:
        transcript = self.transcripts[self.examples[said].id].text
        inputs = read_clip(self.examples[seen], transcript, self.model)
        if heard != seen:
            sound = read_clip(self.examples[heard], transcript, self.model)
            inputs.filterbank, inputs.has_audio = sound.filterbank, sound.has_audio
        return inputs


def read_clip(example: Example, transcript: str, model: VideoTextModel) -> ClipInputs:
    """Decode a clip from its file as a model's inputs. transcript: what is said in the clip."""
    info = probe(example.path)
    inputs, _ = next(read_clips(info, [clip_of(example, info.duration)], Constant(transcript), model))
    return inputs


def clip_of(example: Example, duration: float) -> Clip:
    """Return the stretch of an example in its file, which lasts `duration` seconds.

    Raises HearsightError for a clip that starts after the end of its file.
    """
    start, end = example.start or 0.0, duration if example.end is None else min(example.end, duration)
    if start >= end:
        raise HearsightError(
            f"the clip {example.id} starts at {start:g} s, but {example.path} ends at {duration:g} s; "
            "correct its times, or leave the clip out"
        )
    return Clip(example.path, start, end)


@dataclass(frozen=True)
class Constant:
    """A transcript with the same text at all times: the words may be those of another clip, with other times."""

    text: str

    def between(self, start: float, end: float) -> str:
        return self.text
