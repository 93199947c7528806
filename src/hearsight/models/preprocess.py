"""From a media file to a model's tensors (docs/reference.md section 1)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hearsight.media import cut_audio, frame_times, read_frames
from hearsight.towers.filterbank import BINS, WINDOW, filterbank
from hearsight.towers.pixels import pixels
from hearsight.types import Clip

if TYPE_CHECKING:
    from hearsight.media import MediaInfo
    from hearsight.models.base import VideoTextModel

SHORTEST_TRANSCRIPT = 5  # characters: anything shorter counts as no speech, as published


@dataclass
class ClipInputs:
    """One clip, or with an axis B in front a batch of them. None: the model does not take it, or has it not."""

    pixel_values: Tensor  # (F, 3, H, W), zeros for padding
    frame_mask: Tensor  # (F,)
    has_audio: Tensor  # ()
    has_speech: Tensor  # ()
    filterbank: Tensor | None = None  # (T, 128)
    speech_ids: Tensor | None = None  # (S,)


def prepare(
    model: VideoTextModel,
    frames: Sequence[NDArray[np.uint8]],
    waveform: NDArray[np.float32] | None,
    transcript: str,
) -> ClipInputs:
    """The tensors of one clip.

    frames: at most F pictures (H, W, 3); none for an audio file. waveform: 16 kHz mono; None, or less than one
    filterbank window, counts as no audio. transcript: what is said; under 5 characters counts as no speech.
    """
    size, F = model.clip.image_size, model.config.frames
    pixel_values = np.zeros((F, 3, size, size), np.float32)
    for i, frame in enumerate(frames[:F]):
        pixel_values[i] = pixels(frame, size)
    heard = waveform if waveform is not None and len(waveform) >= WINDOW else None
    inputs = ClipInputs(
        pixel_values=torch.from_numpy(pixel_values),
        frame_mask=torch.arange(F) < len(frames),
        has_audio=torch.tensor(heard is not None),
        has_speech=spoken([transcript])[0],
    )
    if model.audio_rows is not None:
        rows = model.audio_rows
        inputs.filterbank = torch.zeros(rows, BINS) if heard is None else filterbank(heard, rows)
    if "speech" in model.branches:
        inputs.speech_ids = speech_ids(model, [transcript])[0]
    return inputs


def spoken(transcripts: Sequence[str]) -> Tensor:
    """Which of B transcripts count as speech: (B,)."""
    return torch.tensor([len(transcript.strip()) >= SHORTEST_TRANSCRIPT for transcript in transcripts])


def speech_ids(model: VideoTextModel, transcripts: Sequence[str]) -> Tensor:
    """Token ids (B, words) of B transcripts: zeros for one that does not count as speech."""
    return model.tokenize(transcripts) * spoken(transcripts)[:, None]


def collate(clips: Sequence[ClipInputs]) -> ClipInputs:
    """Clips of one model as a batch; `encode_video(**vars(batch))` encodes it."""
    batch: dict[str, Any] = {}
    for field in fields(ClipInputs):
        column = [getattr(clip, field.name) for clip in clips]
        batch[field.name] = None if column[0] is None else torch.stack(column)
    return ClipInputs(**batch)


class Spoken(Protocol):
    """Anything that knows what is said when (speech.Transcript does)."""

    def between(self, start: float, end: float) -> str: ...


def read_clips(
    info: MediaInfo, clips: Sequence[Clip], transcript: Spoken, model: VideoTextModel, short_side: int | None = None
) -> Iterator[tuple[ClipInputs, list[NDArray[np.uint8]]]]:
    """The tensors of a file's clips, in order, with the pictures (H, W, 3) that they were made of.

    Decodes the file once, forward; holds one clip at a time. short_side: see `read_frames`; by default pictures come in
    their full size, as published, and are made smaller here.

    A clip whose frames cannot be decoded is a clip without frames, one whose sound cannot be is silent.
    """
    listens = info.audio is not None and model.audio_rows is not None
    waveforms = cut_audio(info.path, clips) if listens else iter([None] * len(clips))
    pictures = _cut_frames(info.path, clips, model.config.frames, short_side) if info.video else iter([[]] * len(clips))
    for clip, frames, waveform in zip(clips, pictures, waveforms, strict=True):
        yield prepare(model, frames, waveform, transcript.between(clip.start, clip.end)), frames


def _cut_frames(
    path: Path, clips: Sequence[Clip], count: int, short_side: int | None
) -> Iterator[list[NDArray[np.uint8]]]:
    """The frames of each clip, at `frame_times`."""
    times = [frame_times(clip, count) for clip in clips]
    frames = read_frames(path, [time for clip_times in times for time in clip_times], short_side)
    ahead = next(frames, None)
    for clip_times in times:
        found = []
        while ahead is not None and ahead[0] <= clip_times[-1]:
            found.append(ahead[1])
            ahead = next(frames, None)
        yield found
