"""The few types that everything in the house speaks.

Letters for shapes, the same everywhere: B clips, N texts, F frames, D embedding width, A audio tokens,
S speech tokens, Q resampler queries, L layers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, device


@dataclass(frozen=True)
class Clip:
    """A stretch of a media file, in seconds from the start of the file: the unit of retrieval."""

    path: Path
    start: float
    end: float

    @property
    def duration(self) -> float:
        return self.end - self.start


@dataclass(frozen=True)
class Word:
    """One recognised word; times in seconds from the start of the file."""

    start: float
    end: float
    text: str


@dataclass(frozen=True)
class Line:
    """A subtitle, or a stretch of recognised speech; times in seconds from the start of the file.

    words is empty where the source times only whole lines (subtitles do).
    """

    start: float
    end: float
    text: str
    words: tuple[Word, ...] = ()


@dataclass
class ClipFeatures:
    """What the frozen towers make of a batch of clips. Expensive, independent of the trained head.

    frames: (B, F, D) projected class tokens, of padding too (the published fusion reads it). frame_mask: (B, F),
    True for a real frame; a row without any True is a clip with nothing to see (an audio file).
    audio: (B, A, Da) AST tokens, or None for a model that does not listen.
    speech_ids: (B, S) CLIP tokens of the transcript, or None for a model that does not read speech.
    has_audio, has_speech: (B,) booleans.
    heard, said: (B, Q, D) and (B, S, D), what one model makes of audio and speech_ids before it fuses them; None where
    it has not done so yet (`VideoTextModel.remember`).
    """

    frames: Tensor
    frame_mask: Tensor
    has_audio: Tensor
    has_speech: Tensor
    audio: Tensor | None = None
    speech_ids: Tensor | None = None
    heard: Tensor | None = None
    said: Tensor | None = None

    @property
    def words(self) -> Tensor:
        """(B, S), True for a token of the transcript that is no padding."""
        assert self.speech_ids is not None, "features of a model that does not read speech"
        return self.speech_ids != 0

    def to(self, device: device) -> ClipFeatures:
        return self._each(lambda tensor: tensor.to(device))

    def take(self, rows: Tensor) -> ClipFeatures:
        """These clips, in this order."""
        return self._each(lambda tensor: tensor[rows])

    @classmethod
    def join(cls, parts: Sequence[ClipFeatures]) -> ClipFeatures:
        """The clips of all parts, which are of one model."""
        from torch import cat

        columns = {name: [getattr(part, name) for part in parts] for name in vars(parts[0])}
        joined = {name: None if column[0] is None else cat(column) for name, column in columns.items()}
        return cls(**joined)  # type: ignore[arg-type]

    def _each(self, change: Callable[[Tensor], Tensor]) -> ClipFeatures:
        changed = {name: None if tensor is None else change(tensor) for name, tensor in vars(self).items()}
        return ClipFeatures(**changed)  # type: ignore[arg-type]


@dataclass
class VideoEmbedding:
    """A batch of encoded clips, independent of any text.

    frames: (B, F, D) unit vectors. mask: (B, F), True where a frame counts. pooled: (B, D) unit vectors (Chorus: one
    for each voice side by side, and of any length where a clip has not the voice).
    vision: (B, F, D) frame vectors before fusion (v0). audio: (B, Q, D) resampled audio, or None. Neither is unit:
    the losses read them.
    gates: for each branch ("audio", "speech"), (B, L, 2): attention and feed-forward gate of each block, in (-1, 1).
    """

    frames: Tensor
    mask: Tensor
    pooled: Tensor
    vision: Tensor
    audio: Tensor | None = None
    gates: dict[str, Tensor] = field(default_factory=dict)
