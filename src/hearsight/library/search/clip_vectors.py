"""Holds the vectors of clips, and their scores for a query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hearsight.library.tables.schema import EXTRA, VIDEO_LETTERS, read_mask, read_vectors

# These columns are read by random access for every candidate, and one more would take milliseconds. So the video of a
# clip is not read: it is the beginning of the clip's id.
COLUMNS = ("id", "pooled", "frames", "mask")
# The shape of one clip's tensor for each field that a model's similarity reads besides those (`QueryEncoder.extra`).
FieldShapes = Mapping[str, tuple[int, ...]]


def ranking_columns(extra: FieldShapes) -> list[str]:
    """Return the names of the columns that ranking reads."""
    return [*COLUMNS, *(EXTRA + name for name in extra)]


@dataclass(frozen=True)
class ClipVectors:
    """The vectors of n clips.

    row_ids: row ids of the table on disk, or row numbers of the table in memory. pooled: (n, D). frames: (n, F, D)
    float16 or float32, with mask (n, F). extra: (n, ...) float16 for each further field.
    """

    ids: list[str]
    row_ids: list[int]
    pooled: NDArray[np.float32]
    frames: NDArray[Any]
    mask: NDArray[np.bool_]
    extra: dict[str, NDArray[Any]]

    @classmethod
    def read(cls, table: pa.Table, extra: FieldShapes) -> ClipVectors:
        """Read the rows of a table with the columns `ranking_columns(extra)` and, if it is from a disk, `_rowid`."""
        row_ids = table["_rowid"].to_pylist() if "_rowid" in table.column_names else list(range(len(table)))
        mask = read_mask(table)
        n, F = mask.shape
        frames = read_vectors(table, "frames", np.float16)
        frames = frames.reshape(n, F, frames.shape[1] // F)
        return cls(
            table["id"].to_pylist(), row_ids, read_vectors(table, "pooled"), frames, mask, read_extra(table, extra)
        )

    @property
    def videos(self) -> list[str]:
        """Return the id of each clip's video."""
        return [id[:VIDEO_LETTERS] for id in self.ids]

    @property
    def fields(self) -> dict[str, NDArray[Any]]:
        """Return what a model's similarity reads (`QueryEncoder.similarity`)."""
        return {"pooled": self.pooled, "frames": self.frames, "mask": self.mask, **self.extra}

    def take(self, rows: Sequence[int]) -> ClipVectors:
        """Return the clips in these rows, in this order."""
        rows = list(rows)
        return ClipVectors(
            [self.ids[row] for row in rows],
            [self.row_ids[row] for row in rows],
            self.pooled[rows],
            self.frames[rows],
            self.mask[rows],
            {name: values[rows] for name, values in self.extra.items()},
        )


def read_extra(table: pa.Table, extra: FieldShapes) -> dict[str, NDArray[Any]]:
    """Return the further fields of the clips in a table, each (n, ...) float16."""
    return {
        name: read_vectors(table, EXTRA + name, np.float16).reshape(len(table), *shape) for name, shape in extra.items()
    }


@dataclass(frozen=True)
class Likeness:
    """How like an example clips are, by one expert.

    expert, sense: as in `Evidence`; sense is None for all that the video model senses, together. cosines: (n,), NaN
    for a clip that lacks what is compared. standard: the cosines in deviations from the mean of all candidates; the
    cosines themselves for an example that only one expert compares. starts: (n,), the second at which what is most
    like the example starts; NaN for a picture.
    """

    expert: str
    sense: str | None
    cosines: NDArray[np.float64]
    standard: NDArray[np.float64]
    starts: NDArray[np.float64]

    @classmethod
    def join(cls, parts: Sequence[Likeness]) -> Likeness:
        """Join the likenesses of the clips of several libraries by one expert."""
        arrays = {
            name: np.concatenate([getattr(part, name) for part in parts]) for name in ("cosines", "standard", "starts")
        }
        return cls(parts[0].expert, parts[0].sense, **arrays)


@dataclass(frozen=True)
class Candidates:
    """Clips with their scores for a query: lists and arrays with one entry per clip.

    videos: for each clip, the number of its view in the search and the id of its video. row_ids: see `ClipVectors`.
    similarity: the model's logits. per_frame: (clips, F) cosines, -1 for padding. bm25: 0 if no word matches.
    strength: see `Query.strength`. standard: deviations above the typical best of a neutral query (`Null.apply`), all
    experts together; NaN where nothing is calibrated. model, meaning, spoken, sound: the same of the video model alone,
    of the text experts alone, of what is said in meaning and words, and of the sound experts alone. line_starts: for
    each text expert, the second at which the clip's window that is nearest to the query starts; NaN for a clip in which
    nothing is said. sound_starts: the same of the sound experts. written: as `spoken`, of what is read in pictures.
    text_strength: as `strength`. text: as `meaning`. text_starts: as `line_starts`. described, sound_strength: as
    `written` and `text_strength`, of the sounds that subtitles describe; -inf where none has a word of the query.
    likenesses: by each expert that compares an example; none in a search by words.
    """

    ids: list[str]
    videos: list[tuple[int, str]]
    row_ids: list[int]
    similarity: NDArray[np.float32]
    per_frame: NDArray[np.float32]
    bm25: NDArray[np.float64]
    strength: NDArray[np.float64]
    standard: NDArray[np.float64]
    model: NDArray[np.float64]
    meaning: NDArray[np.float64]
    spoken: NDArray[np.float64]
    sound: NDArray[np.float64]
    text_strength: NDArray[np.float64]
    text: NDArray[np.float64]
    written: NDArray[np.float64]
    sound_strength: NDArray[np.float64]
    described: NDArray[np.float64]
    line_starts: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    sound_starts: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    text_starts: dict[str, NDArray[np.float64]] = field(default_factory=dict)
    likenesses: list[Likeness] = field(default_factory=list)

    @classmethod
    def join(cls, parts: Iterable[Candidates]) -> Candidates:
        """Join the candidates of several libraries."""
        parts = list(parts)
        if len(parts) == 1:
            return parts[0]
        arrays = ["similarity", "per_frame", "bm25", "strength", "standard", "model", "meaning", "spoken", "sound"]
        arrays += ["text_strength", "text", "written", "sound_strength", "described"]
        return cls(
            ids=[id for part in parts for id in part.ids],
            videos=[video for part in parts for video in part.videos],
            row_ids=[row_id for part in parts for row_id in part.row_ids],
            **{name: np.concatenate([getattr(part, name) for part in parts]) for name in arrays},
            line_starts=_join_starts([(part.line_starts, len(part.ids)) for part in parts]),
            sound_starts=_join_starts([(part.sound_starts, len(part.ids)) for part in parts]),
            text_starts=_join_starts([(part.text_starts, len(part.ids)) for part in parts]),
            likenesses=[Likeness.join(each) for each in zip(*(part.likenesses for part in parts), strict=True)],
        )


def _join_starts(parts: Sequence[tuple[Mapping[str, NDArray[np.float64]], int]]) -> dict[str, NDArray[np.float64]]:
    """Join the starts of windows by expert, NaN for one that does not know a part. parts: each with its length."""
    experts = {name for starts, _ in parts for name in starts}
    return {
        name: np.concatenate([starts.get(name, np.full(length, np.nan)) for starts, length in parts])
        for name in experts
    }
