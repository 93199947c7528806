"""Turn a media file into the tensors of a model (docs/reference.md section 1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hearsight.media.audio import SAMPLE_RATE
from hearsight.media.decode_clips import decode_clips, decoding_limits
from hearsight.media.probe import MediaInfo, probe
from hearsight.models.config import ModelConfig
from hearsight.towers.filterbank import BINS, WINDOW, filterbank
from hearsight.towers.image_text import ImageTextTowers
from hearsight.types import Clip
from hearsight.util.child_process import Caller, call_here

LONGEST_SOUND = 30.0  # seconds of a clip, from its beginning, that a model gets that takes sounds as they are
SHORTEST_TRANSCRIPT = 5  # characters: anything shorter counts as no speech, as published


@dataclass
class ClipInputs:
    """One clip, or with an axis B in front a batch of them. None: the model does not take it.

    sounds: of each clip, (T,), at the rate of a model that takes them as they are; their lengths differ, and are 0 for
    a silent clip.
    """

    pixel_values: Tensor  # (F, 3, H, W), zeros for padding
    frame_mask: Tensor  # (F,)
    filterbank: Tensor | None  # (T, 128)
    speech_ids: Tensor | None  # (S,)
    has_audio: Tensor  # ()
    has_speech: Tensor  # ()
    sounds: list[Tensor] | None = None


class Encoder(Protocol):
    """What preprocessing reads of a model (`VideoTextModel` has it)."""

    branches: ClassVar[tuple[str, ...]]
    config: ModelConfig
    clip: ImageTextTowers

    @property
    def audio_rows(self) -> int | None: ...

    @property
    def audio_rate(self) -> int | None: ...

    def tokenize(self, texts: Sequence[str]) -> Tensor: ...


def prepare(
    model: Encoder, frames: Sequence[NDArray[np.uint8]], waveform: NDArray[np.float32] | None, transcript: str
) -> ClipInputs:
    """Return the tensors of one clip.

    frames: at most F pictures (H, W, 3); none for an audio file. waveform: mono, at the rate of the model (16 kHz for
    most); None, or less than one filterbank window (25 ms), counts as no audio. transcript: the words spoken; under 5
    characters counts as no speech.
    """
    size, F = model.clip.image_size, model.config.frames
    pixel_values = np.zeros((F, 3, size, size), np.float32)
    for i, frame in enumerate(frames[:F]):
        is_same = i > 0 and frame is frames[i - 1]  # a picture that stands is one array (`reuse_same`)
        pixel_values[i] = pixel_values[i - 1] if is_same else model.clip.prepare(frame)
    rate = model.audio_rate or SAMPLE_RATE
    sound = waveform if waveform is not None and len(waveform) >= WINDOW * rate / SAMPLE_RATE else None
    inputs = ClipInputs(
        pixel_values=torch.from_numpy(pixel_values),
        frame_mask=torch.arange(F) < len(frames),
        filterbank=None,
        speech_ids=None,
        has_audio=torch.tensor(sound is not None),
        has_speech=has_speech([transcript])[0],
    )
    if model.audio_rows is not None:
        rows = model.audio_rows
        inputs.filterbank = torch.zeros(rows, BINS) if sound is None else filterbank(sound, rows)
    elif model.audio_rate is not None:
        inputs.sounds = [torch.zeros(0) if sound is None else torch.from_numpy(sound[: round(LONGEST_SOUND * rate)])]
    if "speech" in model.branches:
        inputs.speech_ids = speech_ids(model, [transcript])[0]
    return inputs


def has_speech(transcripts: Sequence[str]) -> Tensor:
    """Return which of B transcripts count as speech: (B,)."""
    return torch.tensor([len(transcript.strip()) >= SHORTEST_TRANSCRIPT for transcript in transcripts])


def speech_ids(model: Encoder, transcripts: Sequence[str]) -> Tensor:
    """Return the token ids (B, words) of B transcripts: zeros for one that does not count as speech."""
    return model.tokenize(transcripts) * has_speech(transcripts)[:, None]


def collate(clips: Sequence[ClipInputs]) -> ClipInputs:
    """Return clips of one model as a batch; `encode_video(**vars(batch))` encodes it."""
    batch: dict[str, Any] = {}
    for field in fields(ClipInputs):
        column = [getattr(clip, field.name) for clip in clips]
        if isinstance(column[0], list):
            batch[field.name] = [sound for sounds in column for sound in sounds]
        else:
            batch[field.name] = None if column[0] is None else torch.stack(column)
    return ClipInputs(**batch)


class TimedText(Protocol):
    """Text that can be cut by time (`speech.Transcript` can)."""

    def between(self, start: float, end: float) -> str: ...


def read_clips(
    info: MediaInfo,
    clips: Sequence[Clip],
    transcript: TimedText,
    model: Encoder,
    short_side: int | None = None,
    call: Caller = call_here,
) -> Iterator[tuple[ClipInputs, list[NDArray[np.uint8]]]]:
    """Read a file's clips, in order: the tensors of each, and the pictures (H, W, 3) that they were made from.

    Decodes the file once, forward; holds one clip at a time. short_side: see `read_frames`; by default pictures are
    decoded in their full size, as published, and scaled down by `prepare`. call: what decodes them, here by default.

    A clip whose frames cannot be decoded becomes a clip without frames, one whose sound cannot be is silent.
    """
    decoded_clips = call(
        *(decode_clips, info, clips, model.config.frames, model.audio_rate, short_side),
        limits=decoding_limits(info.path, info.duration),
    )
    for clip, (pictures, waveform) in zip(clips, decoded_clips, strict=True):
        yield prepare(model, pictures, waveform, transcript.between(clip.start, clip.end)), pictures


def read_files(model: Encoder, paths: Iterable[str | Path], recogniser: str = "none") -> Iterator[ClipInputs]:
    """Read media files, each as one clip from its beginning to its end; yields batches of one.

    recogniser: as `VideoTextModel.encode_files` has it.
    """
    from hearsight.speech import Transcript, load_recogniser, transcribe

    reads_speech = "speech" in model.branches
    loaded = load_recogniser(recogniser) if reads_speech else None
    for path in paths:
        info = probe(Path(path))
        transcript = transcribe(info, loaded) if reads_speech else Transcript()
        for inputs, _ in read_clips(info, [Clip(info.path, 0.0, info.duration)], transcript, model):
            yield collate([inputs])
