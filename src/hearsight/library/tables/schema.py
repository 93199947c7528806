"""The tables of a library, and the rows of an encoded batch of clips.

`videos` has a row for every file that is completely indexed. A clip counts if its video has a row: this one rule makes
an update safe to interrupt. Files are known by an id, and only `videos` has their paths, so that moving a file changes
one small row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hearsight.media.track_choice import TrackChoice, is_in_language
from hearsight.types import Clip, Line

if TYPE_CHECKING:
    from torch import Tensor

    from hearsight.models.base import VideoTextModel
    from hearsight.types import VideoEmbedding

BRANCHES = ("audio", "speech")
VIDEO_LETTERS = 16  # an id of a clip begins with that of its video, which has so many letters
EXTRA = "extra_"  # before the name of a further field of `VideoEmbedding`, as a column
# The column that is searched for words (words/indexed_words.py); tables of format 4 lack it.
WORDS = "words"
# How LanceDB cuts it for its full-text index: at its spaces.
TOKENIZER = {
    "base_tokenizer": "whitespace", "stem": False, "lower_case": False, "ascii_folding": False,
    "remove_stop_words": False, "max_token_length": None,
}  # fmt: skip

VIDEOS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("path", pa.string(), nullable=False),  # inside the library's folder, with forward slashes
        pa.field("size", pa.int64(), nullable=False),
        pa.field("stat", pa.string(), nullable=False),  # size and time of change, of the file and its subtitles
        pa.field("content", pa.string(), nullable=False),  # fingerprint: the same for a moved file
        pa.field("duration", pa.float64(), nullable=False),  # 0 for a picture
        pa.field("transcript_source", pa.string()),
        pa.field("language", pa.string()),
        pa.field("created", pa.float64()),  # seconds since 1970, by the file's metadata; older tables lack it
        pa.field("track", pa.int32()),  # number of the sound track that was heard, of `tracks`; older tables lack these
        pa.field("tracks", pa.int32()),
        pa.field("track_language", pa.string()),
        pa.field("track_title", pa.string()),
    ]
)

FAILURES = pa.schema([pa.field(name, pa.string(), nullable=False) for name in ("path", "reason", "when", "stat")])


def clips_schema(
    frames: int, width: int, text_width: int, extra: Mapping[str, tuple[int, ...]] | None = None
) -> pa.Schema:
    """Return the schema of the clips of a model with F frames and D dimensions, whose texts have `text_width`.

    extra: the shape of one clip's tensor for each further field of `VideoEmbedding` that the model's similarity reads.
    Vectors are float16: half the size, and search results are as good.
    """
    vector = pa.list_(pa.float16(), text_width)
    line = pa.struct([("start", pa.float64()), ("end", pa.float64()), ("text", pa.string())])
    return pa.schema(
        [
            pa.field("id", pa.string(), nullable=False),
            pa.field("video", pa.string(), nullable=False),
            pa.field("start", pa.float64(), nullable=False),
            pa.field("end", pa.float64(), nullable=False),
            pa.field("pooled", vector),
            pa.field("frames", pa.list_(pa.float16(), frames * width)),
            pa.field("mask", pa.list_(pa.bool_(), frames)),
            # The pooled vector without one branch, or without both: the difference is what they add to any query.
            pa.field("without_audio", vector),
            pa.field("without_speech", vector),
            pa.field("without_both", vector),
            pa.field("gates", pa.struct([(branch, pa.float32()) for branch in BRANCHES])),
            pa.field("transcript", pa.string()),
            pa.field(WORDS, pa.string()),
            pa.field("lines", pa.list_(line)),
            pa.field("has_speech", pa.bool_()),
            pa.field("has_sound", pa.bool_()),
            pa.field("thumbnail", pa.binary()),  # JPEG
            *(pa.field(EXTRA + name, pa.list_(pa.float16(), prod(shape))) for name, shape in (extra or {}).items()),
        ]
    )


def model_schema(model: VideoTextModel) -> pa.Schema:
    """Return the schema of the clips of a model."""
    from hearsight.models.embedding_shapes import extra_shapes

    return clips_schema(model.config.frames, model.width, model.text_width, extra_shapes(model))


def features_schema(model: VideoTextModel) -> pa.Schema:
    """Return the schema of the tower features of a model's clips."""
    from hearsight.models.feature_rows import schema_of

    return schema_of(model).append(pa.field("video", pa.string()))


@dataclass(frozen=True)
class Video:
    """A row of `videos`."""

    id: str
    path: str
    size: int
    stat: str
    content: str
    duration: float
    transcript_source: str | None = None
    language: str | None = None
    created: float | None = None
    track: int | None = None
    tracks: int | None = None
    track_language: str | None = None
    track_title: str | None = None

    def is_heard_as(self, choice: TrackChoice) -> bool:
        """Return whether the sound track that was heard is the one that is asked for, or there is nothing to choose."""
        if self.track is None or self.tracks is None:
            return True
        if choice.number is not None:
            return self.track == choice.number
        if choice.language is None or self.tracks < 2:
            return True
        return is_in_language(choice.language, self.track_language, self.track_title)

    @property
    def is_picture(self) -> bool:
        return self.duration == 0


@dataclass(frozen=True)
class ClipFacts:
    """The columns of a clip's row besides its vectors. words: of the transcript (words/indexed_words.py)."""

    id: str
    video: str
    clip: Clip
    transcript: str
    words: str
    lines: Sequence[Line]
    has_speech: bool
    has_sound: bool
    thumbnail: bytes | None


def clip_id(video: str, clip: Clip) -> str:
    """Return a clip's id. It is the same in every run over the same file, so that an interrupted run can continue."""
    return f"{video}-{round(clip.start * 1000):09d}"


def video_of(clip: str) -> str | None:
    """Return the id of a clip's video; None if this cannot be the id of a clip."""
    return clip[:VIDEO_LETTERS] if re.fullmatch(r"[0-9a-f]{16}-[0-9]{9,12}", clip, re.ASCII) else None


def id_condition(column: str, ids: Iterable[str]) -> str:
    """Return an SQL condition on ids. They are our own, of hexadecimal digits, so nothing needs escaping."""
    listed = ", ".join(f"'{id}'" for id in sorted(ids))
    return f"{column} IN ({listed})" if listed else "false"


def video_table(videos: Sequence[Video]) -> pa.Table:
    """Return the rows of videos."""
    return pa.Table.from_pylist([asdict(video) for video in videos], schema=VIDEOS)


def clip_table(
    schema: pa.Schema, clips: Sequence[ClipFacts], full: VideoEmbedding, without: dict[str, Tensor]
) -> pa.Table:
    """Return the rows of B clips. without: their pooled vectors (B, D) without "audio", "speech" and "both"."""
    gates = {branch: gates[..., 0].abs().mean(dim=1).tolist() for branch, gates in full.gates.items()}
    columns: dict[str, Any] = {
        "id": [facts.id for facts in clips],
        "video": [facts.video for facts in clips],
        "start": [facts.clip.start for facts in clips],
        "end": [facts.clip.end for facts in clips],
        "pooled": _vectors(full.pooled),
        "frames": _vectors(full.frames * full.mask[..., None]),
        "mask": _lists(full.mask.cpu().numpy()),
        "without_audio": _vectors(without["audio"]),
        "without_speech": _vectors(without["speech"]),
        "without_both": _vectors(without["both"]),
        "gates": [{branch: values[i] for branch, values in gates.items()} for i in range(len(clips))],
        "transcript": [facts.transcript for facts in clips],
        WORDS: [facts.words for facts in clips],
        "lines": [
            [{"start": line.start, "end": line.end, "text": line.text} for line in facts.lines] for facts in clips
        ],
        "has_speech": [facts.has_speech for facts in clips],
        "has_sound": [facts.has_sound for facts in clips],
        "thumbnail": [facts.thumbnail for facts in clips],
    }
    for name in schema.names:
        if name.startswith(EXTRA):
            columns[name] = _vectors(full.field(name.removeprefix(EXTRA)).reshape(len(clips), -1))
    return pa.table(columns, schema=schema)


def read_vectors(table: pa.Table, column: str, dtype: type = np.float32) -> NDArray[Any]:
    """Return a column of vectors as (rows, numbers)."""
    values: NDArray[np.float16] = table[column].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return values.reshape(len(table), table.schema.field(column).type.list_size).astype(dtype, copy=False)


def read_mask(table: pa.Table) -> NDArray[np.bool_]:
    """Return the masks of clips as (rows, F)."""
    mask: NDArray[np.bool_] = table["mask"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return mask.reshape(len(table), table.schema.field("mask").type.list_size)


def _vectors(vectors: Tensor) -> pa.Array:
    return _lists(vectors.flatten(1).half().cpu().numpy())


def _lists(values: NDArray[Any]) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1])
