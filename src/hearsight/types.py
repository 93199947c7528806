"""The types that every part of Hearsight uses.

Letters for shapes, the same everywhere: B clips, N texts, F frames, D embedding width, A audio tokens,
S speech tokens, Q resampler queries, L layers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hearsight.errors import HearsightError

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


@dataclass
class VideoEmbedding:
    """A batch of encoded clips, independent of any text.

    frames: (B, F, D) unit vectors. mask: (B, F), True where a frame counts. pooled: (B, D) unit vectors (Chorus: one
    for each voice side by side, of any length where a clip lacks the voice).
    vision: (B, F, D) frame vectors before fusion (v0). audio: (B, Q, D) resampled audio, or None. Neither is unit:
    the losses read them.
    gates: for each branch ("audio", "speech"), (B, L, 2): attention and feed-forward gate of each block, in (-1, 1).
    extra: whatever else a method's `similarity` or `losses` read, by name; B rows each.

    An embedding that was cut down to the fields that a method `needs` raises HearsightError when another one is used.
    """

    frames: Tensor
    mask: Tensor
    pooled: Tensor
    vision: Tensor
    audio: Tensor | None = None
    gates: dict[str, Tensor] = dataclasses.field(default_factory=dict)
    extra: dict[str, Tensor] = dataclasses.field(default_factory=dict)

    def field(self, name: str) -> Tensor:
        """Return the tensor of a name: a field of this class, or an entry of `extra`.

        Raises HearsightError for a name that this embedding does not have.
        """
        value = getattr(self, name) if name in FIELDS else self.extra.get(name)
        if value is None:
            names = ", ".join([name for name in FIELDS if getattr(self, name) is not None] + list(self.extra))
            raise HearsightError(
                f"the embedding of a video has no '{name}'; it has {names}; let `fuse` return it, or correct `needs`"
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
        fields: dict[str, Any] = {name: tensors.get(name, NotSelected(name)) for name in FIELDS}
        return cls(**fields, extra={name: tensor for name, tensor in tensors.items() if name not in FIELDS})

    def take(self, rows: Tensor) -> VideoEmbedding:
        """Return these clips, in this order."""
        return self.map(lambda tensor: tensor[rows])

    def to(self, device: device) -> VideoEmbedding:
        """Return these clips on another device."""
        return self.map(lambda tensor: tensor.to(device))

    def map(self, change: Callable[[Tensor], Tensor]) -> VideoEmbedding:
        """Return an embedding with every tensor changed by a function."""

        def changed(tensor: Any) -> Any:
            return tensor if tensor is None or isinstance(tensor, NotSelected) else change(tensor)

        return VideoEmbedding(
            **{name: changed(getattr(self, name)) for name in FIELDS},
            gates={name: change(tensor) for name, tensor in self.gates.items()},
            extra={name: change(tensor) for name, tensor in self.extra.items()},
        )

    @classmethod
    def join(cls, parts: Sequence[VideoEmbedding]) -> VideoEmbedding:
        """Return the clips of all parts, which come from one model and have the same fields."""
        from torch import cat

        first = parts[0]
        present = [name for name in FIELDS if not isinstance(getattr(first, name), NotSelected | None)]
        joined = cls.from_fields({n: cat([part.field(n) for part in parts]) for n in [*present, *first.extra]})
        if first.audio is None:
            joined.audio = None
        joined.gates = {name: cat([part.gates[name] for part in parts]) for name in first.gates}
        return joined


FIELDS = ("frames", "mask", "pooled", "vision", "audio")


class NotSelected:
    """Stands for a field of a VideoEmbedding that was left out; any use of it raises HearsightError."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __getattr__(self, attribute: str) -> Any:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        raise self._error()

    @classmethod
    def __torch_function__(cls, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        raise next((each for each in args if isinstance(each, cls)), cls("?"))._error()

    def _error(self) -> HearsightError:
        return HearsightError(
            f"a method's similarity reads '{self.name}' of a video, which is not among what it `needs`; "
            f"add '{self.name}' to `needs` in the method's class"
        )
