"""Tower features of clips as rows of a table, in half precision, and back."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import torch
from torch import Tensor

from hearsight.models.base import VideoTextModel
from hearsight.models.embedding_shapes import zero_features
from hearsight.models.preprocess import has_speech, speech_ids
from hearsight.types import ClipFeatures


def as_rows(ids: Sequence[str], features: ClipFeatures) -> pa.Table:
    """Return the features of B clips as rows, without their words: each model tokenises the transcripts by itself."""
    columns = {
        "frames": features.frames.half(),
        "frame_mask": features.frame_mask,
        "has_audio": features.has_audio,
        "audio": None if features.audio is None else features.audio.half(),
    }
    arrays = {name: _column(tensor.cpu()) for name, tensor in columns.items() if tensor is not None}
    return pa.table({"id": list(ids), **arrays})


def schema_of(model: VideoTextModel) -> pa.Schema:
    """Return the schema of the rows of a model's towers."""
    return as_rows([""], zero_features(model)).schema


def from_rows(rows: pa.Table, model: VideoTextModel, transcripts: Sequence[str]) -> ClipFeatures:
    """Return the features of B clips, in float32, for a model on the same towers. transcripts: of each clip."""
    frame_mask, audio = tensor_of(rows["frame_mask"]), zero_features(model).audio
    return ClipFeatures(
        frames=tensor_of(rows["frames"]).view(*frame_mask.shape, -1).float(),
        frame_mask=frame_mask,
        has_audio=tensor_of(rows["has_audio"]),
        has_speech=has_speech(transcripts),
        audio=None if audio is None else audio_of(rows, audio.shape[-1]).float(),
        speech_ids=speech_ids(model, transcripts) if "speech" in model.branches else None,
    )


def audio_of(rows: pa.Table, width: int) -> Tensor:
    """Return the audio tokens of rows: (B, A, Da)."""
    return tensor_of(rows["audio"]).view(len(rows), -1, width)


def tensor_of(column: pa.ChunkedArray) -> Tensor:
    """Return a column as a tensor: (B,) for plain values, (B, n) for lists."""
    array = column.combine_chunks()
    lists = pa.types.is_fixed_size_list(array.type)
    flat = torch.from_numpy((array.flatten() if lists else array).to_numpy(zero_copy_only=False).copy())
    return flat.view(len(array), -1) if lists else flat


def _column(tensor: Tensor) -> pa.Array:
    """Return a tensor as a column: (B,) as plain values, more axes as lists of a fixed length."""
    flat = pa.array(tensor.flatten().numpy())
    return flat if tensor.ndim == 1 else pa.FixedSizeListArray.from_arrays(flat, tensor[0].numel())
