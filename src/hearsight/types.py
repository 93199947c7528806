"""The types that every part of Hearsight uses.

Letters for shapes, the same everywhere: B clips, N texts, F frames, D embedding width, A audio tokens of width Da,
S speech tokens, Q resampler queries, L layers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hearsight.errors import HearsightError

if TYPE_CHECKING:
    from torch import Tensor, device

TOLERANCE = 1e-6  # seconds: 7.3 - 4.3 is a little more than 3
UNDETERMINED = "und"  # the code of ISO 639-2 for a language that is not known, of speech that was not understood


Match = Literal["strong", "likely", "weak"]  # how well a clip matches a query; see experts/calibration.py


@dataclass(frozen=True)
class Clip:
    """A stretch of a media file, in seconds from the start of the file: the unit of retrieval."""

    path: Path
    start: float
    end: float

    @property
    def duration(self) -> float:
        return self.end - self.start

    def frame_times(self, count: int) -> list[float]:
        """Return the times of the clip's pictures: every whole second, or at most `count` of them, spread evenly."""
        return [self.start + second for second in _spread(max(1, ceil(self.duration - TOLERANCE)), count)]


@lru_cache
def _spread(seconds: int, count: int) -> Sequence[int]:
    """Return at most `count` of so many seconds."""
    if seconds <= count:
        return range(seconds)
    from numpy import linspace

    chosen: list[int] = linspace(0, seconds - 1, count).astype(int).tolist()
    return chosen


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
    """What the frozen towers compute for a batch of clips: expensive, and independent of the trained modules.

    frames: (B, F, D) projected class tokens, of padding too (the published fusion reads it). frame_mask: (B, F),
    True for a real frame; a row without any True is a clip without pictures (an audio file).
    audio: (B, A, Da) AST tokens, or None for a model without an audio tower.
    speech_ids: (B, S) CLIP tokens of the transcript, or None for a model that does not read speech.
    has_audio, has_speech: (B,) booleans.
    resampled_audio, speech_tokens: (B, Q, D) and (B, S, D), computed from audio and speech_ids by one model before it
    fuses them; None until `VideoTextModel.precompute` fills them in.
    """

    frames: Tensor
    frame_mask: Tensor
    has_audio: Tensor
    has_speech: Tensor
    audio: Tensor | None = None
    speech_ids: Tensor | None = None
    resampled_audio: Tensor | None = None
    speech_tokens: Tensor | None = None

    @property
    def words(self) -> Tensor:
        """(B, S), True for a token of the transcript that is not padding."""
        assert self.speech_ids is not None, "features of a model that does not read speech"
        return self.speech_ids != 0

    def to(self, device: device) -> ClipFeatures:
        """Return these features on another device."""
        return self._map(lambda tensor: tensor.to(device))

    def take(self, rows: Tensor) -> ClipFeatures:
        """Return the features of these clips, in this order."""
        return self._map(lambda tensor: tensor[rows])

    @classmethod
    def join(cls, parts: Sequence[ClipFeatures]) -> ClipFeatures:
        """Return the features of the clips of all parts, which come from one model."""
        from torch import cat

        columns = {name: [getattr(part, name) for part in parts] for name in vars(parts[0])}
        joined = {name: None if column[0] is None else cat(column) for name, column in columns.items()}
        return cls(**joined)  # type: ignore[arg-type]

    def _map(self, change: Callable[[Tensor], Tensor]) -> ClipFeatures:
        changed = {name: None if tensor is None else change(tensor) for name, tensor in vars(self).items()}
        return ClipFeatures(**changed)  # type: ignore[arg-type]


FIELDS = ("frames", "mask", "pooled", "vision", "audio")  # the tensors of a VideoEmbedding besides gates and extra


@dataclass(repr=False)
class VideoEmbedding:
    """A batch of encoded clips, independent of any text.

    frames: (B, F, D) unit vectors. mask: (B, F), True where a frame counts. pooled: (B, D) unit vectors (Chorus: one
    for each voice side by side, of any length where a clip lacks the voice).
    vision: (B, F, D), v0 (frame vectors before fusion) where a clip has frames, and zeros where it has none. audio:
    (B, Q, D) resampled audio, or None. Neither is unit: the losses read them.
    gates: for each branch ("audio", "speech"), (B, L, 2): attention and feed-forward gate of each block, in (-1, 1).
    extra: whatever else a method's `similarity` or `losses` read, by name; B rows each.

    What `select` has left out is no attribute: reading it raises HearsightError.
    """

    frames: Tensor
    mask: Tensor
    pooled: Tensor
    vision: Tensor
    # By a factory: a plain default would be an attribute of the class, and `__getattr__` would not be called.
    audio: Tensor | None = dataclasses.field(default_factory=lambda: None)
    gates: dict[str, Tensor] = dataclasses.field(default_factory=dict)
    extra: dict[str, Tensor] = dataclasses.field(default_factory=dict)

    if not TYPE_CHECKING:  # mypy shall refuse names that the class does not have

        def __getattr__(self, name: str) -> Any:
            if name in FIELDS:
                raise _not_selected(name)
            raise AttributeError(f"VideoEmbedding has no attribute '{name}'")

    def __repr__(self) -> str:
        return f"VideoEmbedding({', '.join(f'{name} {tuple(self.field(name).shape)}' for name in self.names)})"

    @property
    def names(self) -> list[str]:
        """Names of the tensors that this embedding has, without gates."""
        return [name for name in FIELDS if vars(self).get(name) is not None] + list(self.extra)

    def field(self, name: str) -> Tensor:
        """Return the tensor of a name: a field of this class, or an entry of `extra`.

        Raises HearsightError for a name that this embedding does not have.
        """
        value = getattr(self, name) if name in FIELDS else self.extra.get(name)
        if value is None:
            raise HearsightError(
                f"the embedding of a video has no '{name}'; it has {', '.join(self.names)}; let `fuse` return it, or "
                "correct `needs`"
            )
        return value  # type: ignore[no-any-return]

    def fields(self, names: Iterable[str]) -> dict[str, Tensor]:
        """Return the tensors of these names; with "frames" comes "mask"."""
        wide = {name: None for each in names for name in ((each, "mask") if each == "frames" else (each,))}
        return {name: self.field(name) for name in wide}

    def select(self, names: Iterable[str]) -> VideoEmbedding:
        """Return an embedding with these fields alone, and the mask: what has to be held to compare it with texts."""
        return self.from_fields(self.fields([*names, "mask"]))

    @classmethod
    def from_fields(cls, tensors: Mapping[str, Tensor]) -> VideoEmbedding:
        """Build an embedding from its tensors by name; those that are not fields of this class become `extra`."""
        embedding = cls.__new__(cls)
        vars(embedding).update({name: tensors[name] for name in FIELDS if name in tensors})
        embedding.gates = {}
        embedding.extra = SelectedExtra({name: tensor for name, tensor in tensors.items() if name not in FIELDS})
        return embedding

    def take(self, rows: Tensor) -> VideoEmbedding:
        """Return these clips, in this order."""
        return self.map(lambda tensor: tensor[rows])

    def to(self, device: device) -> VideoEmbedding:
        """Return these clips on another device."""
        return self.map(lambda tensor: tensor.to(device))

    def map(self, change: Callable[[Tensor], Tensor]) -> VideoEmbedding:
        """Return an embedding with every tensor changed by a function."""
        return self._combine([self], lambda tensors: change(tensors[0]))

    @classmethod
    def join(cls, parts: Sequence[VideoEmbedding]) -> VideoEmbedding:
        """Return the clips of all parts, which come from one model and have the same fields."""
        from torch import cat

        return cls._combine(parts, cat)

    @staticmethod
    def _combine(parts: Sequence[VideoEmbedding], combine: Callable[[list[Tensor]], Tensor]) -> VideoEmbedding:
        """Return an embedding whose tensors are combined from those of the parts, which have the same fields."""
        combined = copy(parts[0])
        for name in combined.names:
            if name in FIELDS:
                setattr(combined, name, combine([part.field(name) for part in parts]))
        combined.gates = {name: combine([part.gates[name] for part in parts]) for name in combined.gates}
        extra = {name: combine([part.extra[name] for part in parts]) for name in combined.extra}
        combined.extra = type(combined.extra)(extra)
        return combined


class SelectedExtra(dict[str, "Tensor"]):
    """The `extra` of an embedding that was cut down by `select`; a name that was left out raises HearsightError."""

    def __missing__(self, name: str) -> Tensor:
        raise _not_selected(name)


def _not_selected(name: str) -> HearsightError:
    return HearsightError(
        f"'{name}' of a video is read, which is not among what the method `needs`; add '{name}' to `needs` in the "
        "method's class"
    )
