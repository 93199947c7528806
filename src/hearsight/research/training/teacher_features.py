"""Compute teacher features of a split's clips, one file each, for `stored_teacher`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from hearsight.errors import HearsightError
from hearsight.media.audio import read_audio
from hearsight.media.frames import read_frames
from hearsight.media.probe import MediaInfo, probe
from hearsight.research.datasets.file_set import clip_of
from hearsight.research.datasets.lock import folder_lock
from hearsight.research.datasets.manifest import Example
from hearsight.research.datasets.split import Split
from hearsight.research.training.stored_teacher import AUDIO, VIDEO, feature_file
from hearsight.research.training.teacher_models import TeacherModel
from hearsight.types import Clip
from hearsight.util.atomic import atomic_file, write_atomic
from hearsight.util.progress import Progress

DEFAULT_RATE = 25.0  # pictures a second, for a file that does not say


def teach(split: Split, model: TeacherModel, out: Path, progress: Progress | None = None) -> None:
    """Write the features of a split's clips to `out`, in the layout of `stored_teacher`.

    Files that `out` has already are left as they are, so an interrupted run continues when it is started again. A clip
    without pictures, or without sound, gets no file for these. Raises HearsightError for a folder with another model's
    features, and for a media file that cannot be read.
    """
    examples = split.clips
    for example in examples:
        feature_file(out, VIDEO, example.id)  # checks all ids before the first clip is embedded
    for part in (VIDEO, AUDIO):
        (out / part).mkdir(parents=True, exist_ok=True)
    with folder_lock(out):
        _record_model(out, model)
        for done, example in enumerate(examples, start=1):
            _teach_clip(example, model, out)
            if progress:
                progress("taught", done, len(examples))


def _record_model(out: Path, model: TeacherModel) -> None:
    """Write teacher.json, or check that the features in the folder are of the same model."""
    note = out / "teacher.json"
    description = {"model": model.name, "width": model.width, "frames": model.frames, "rate": model.rate}
    if not note.exists() and not any(
        file.suffix == ".pt" for part in (VIDEO, AUDIO) for file in (out / part).iterdir()
    ):
        write_atomic(note, json.dumps(description, indent=2) + "\n")
        return
    try:
        recorded = json.loads(note.read_bytes())
    except (OSError, ValueError) as error:
        raise HearsightError(
            f"{out} holds features of an unknown model, as it has no readable teacher.json; give an empty folder"
        ) from error
    if recorded != description:
        raise HearsightError(f"{out} holds features of {recorded}, not of {description}; give another folder")


def _teach_clip(example: Example, model: TeacherModel, out: Path) -> None:
    video, audio = (feature_file(out, part, example.id) for part in (VIDEO, AUDIO))
    if video.exists() and audio.exists():
        return
    info = probe(example.path)
    clip = clip_of(example, info.duration)
    if info.video and not video.exists():
        frames = [picture for _, picture in read_frames(info.path, evenly_spaced_times(clip, info, model.frames))]
        if frames:
            frames += frames[-1:] * (model.frames - len(frames))  # the last picture stays where sound lasts longer
            _save(video, model.embed_video(frames))
    if info.audio and not audio.exists():
        waveform = np.concatenate([np.empty(0, np.float32), *read_audio(info.path, clip.start, clip.end, model.rate)])
        if len(waveform):
            _save(audio, model.embed_audio(waveform))


def evenly_spaced_times(clip: Clip, info: MediaInfo, count: int) -> list[float]:
    """Return the times of `count` pictures of a clip, evenly spaced from the first to the last."""
    rate = info.video.rate if info.video and info.video.rate else DEFAULT_RATE
    times: list[float] = np.linspace(clip.start, max(clip.start, clip.end - 1 / rate), count).tolist()
    return times


def _save(file: Path, vector: Tensor) -> None:
    if not vector.isfinite().all():
        raise HearsightError(f"the teacher's vector for {file} is not finite; check this clip, or leave it out")
    with atomic_file(file) as part:
        torch.save(vector.clone(), part)
