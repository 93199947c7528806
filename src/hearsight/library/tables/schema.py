"""The tables of a library, and the rows of an encoded batch of clips.

videos has a row for every file that is wholly indexed. A clip counts if its video has such a row: this one rule makes
an update safe to interrupt. Files are known by an id, and only `videos` knows their paths, so that a moved file is one
small change.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from torch import Tensor

from hearsight.types import Clip, Line, VideoEmbedding

if TYPE_CHECKING:
    from hearsight.models.base import VideoTextModel

BRANCHES = ("audio", "speech")
VIDEO_LETTERS = 16  # of the id of a clip are that of its video

VIDEOS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("path", pa.string(), nullable=False),  # inside the library's folder, with forward slashes
        pa.field("size", pa.int64(), nullable=False),
        pa.field("stat", pa.string(), nullable=False),  # size and time of change, of the file and its subtitles
        pa.field("content", pa.string(), nullable=False),  # fingerprint: the same for a moved file
        pa.field("duration", pa.float64(), nullable=False),
        pa.field("transcript_source", pa.string()),
        pa.field("language", pa.string()),
    ]
)

FAILURES = pa.schema([pa.field(name, pa.string(), nullable=False) for name in ("path", "reason", "when", "stat")])


def clips_schema(frames: int, width: int, text_width: int) -> pa.Schema:
    """The clips table of a model of F frames and D dimensions, whose texts and pooled clips have `text_width`.

    Vectors are float16, half the size and as good.
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
            # The pooled vector without a branch, or without any: what they add can be told for any query.
            pa.field("without_audio", vector),
            pa.field("without_speech", vector),
            pa.field("without_both", vector),
            pa.field("gates", pa.struct([(branch, pa.float32()) for branch in BRANCHES])),
            pa.field("transcript", pa.string()),
            pa.field("lines", pa.list_(line)),
            pa.field("has_speech", pa.bool_()),
            pa.field("has_sound", pa.bool_()),
            pa.field("thumbnail", pa.binary()),  # JPEG
        ]
    )


def features_schema(model: VideoTextModel) -> pa.Schema:
    """The table of what a model's towers make of clips."""
    from hearsight.models.feature_rows import schema_of

    return schema_of(model).append(pa.field("video", pa.string()))


@dataclass(frozen=True)
class Video:
    """A row of videos."""

    id: str
    path: str
    size: int
    stat: str
    content: str
    duration: float
    transcript_source: str | None = None
    language: str | None = None


@dataclass(frozen=True)
class ClipFacts:
    """What a clip's row says beside the vectors."""

    id: str
    video: str
    clip: Clip
    transcript: str
    lines: Sequence[Line]
    has_speech: bool
    has_sound: bool
    thumbnail: bytes | None


def clip_id(video: str, clip: Clip) -> str:
    """The same for every run over the same file, so that an interrupted one can be taken up."""
    return f"{video}-{round(clip.start * 1000):09d}"


def video_of(clip: str) -> str | None:
    """The id of a clip's video; None if this cannot be the id of a clip."""
    return clip[:VIDEO_LETTERS] if re.fullmatch(r"[0-9a-f]{16}-[0-9]{9,12}", clip, re.ASCII) else None


def among(column: str, ids: Sequence[str] | frozenset[str]) -> str:
    """A condition on ids. They are ours, of hexadecimal digits: nothing in them needs escaping."""
    listed = ", ".join(f"'{id}'" for id in sorted(ids))
    return f"{column} IN ({listed})" if listed else "false"


def video_table(videos: Sequence[Video]) -> pa.Table:
    return pa.Table.from_pylist([asdict(video) for video in videos], schema=VIDEOS)


def clip_table(
    schema: pa.Schema, clips: Sequence[ClipFacts], full: VideoEmbedding, without: dict[str, Tensor]
) -> pa.Table:
    """The rows of B clips. without: the pooled vectors of B clips for "audio", "speech" and "both"."""
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
        "lines": [
            [{"start": line.start, "end": line.end, "text": line.text} for line in facts.lines] for facts in clips
        ],
        "has_speech": [facts.has_speech for facts in clips],
        "has_sound": [facts.has_sound for facts in clips],
        "thumbnail": [facts.thumbnail for facts in clips],
    }
    return pa.table(columns, schema=schema)


def read_vectors(table: pa.Table, column: str, dtype: type = np.float32) -> NDArray[Any]:
    """A column of vectors as (rows, numbers)."""
    values: NDArray[np.float16] = table[column].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return values.reshape(len(table), table.schema.field(column).type.list_size).astype(dtype, copy=False)


def read_mask(table: pa.Table) -> NDArray[np.bool_]:
    """(rows, F)."""
    mask: NDArray[np.bool_] = table["mask"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return mask.reshape(len(table), table.schema.field("mask").type.list_size)


def _vectors(vectors: Tensor) -> pa.Array:
    return _lists(vectors.flatten(1).half().cpu().numpy())


def _lists(values: NDArray[Any]) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), values.shape[1])
