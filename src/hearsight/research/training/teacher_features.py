"""Make teacher features of a data folder's clips, one file each, for `stored_teacher`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from hearsight.errors import HearsightError
from hearsight.media import MediaInfo, probe, read_audio, read_frames
from hearsight.research.datasets.files import stretch
from hearsight.research.datasets.lock import filling
from hearsight.research.datasets.split import Example, read_manifest
from hearsight.research.training.stored_teacher import AUDIO, VIDEO, feature_file
from hearsight.research.training.teacher_models import TeacherModel
from hearsight.types import Clip
from hearsight.util.atomic import atomic_file, write_atomic
from hearsight.util.progress import Progress

RATE = 25.0  # pictures a second, where a file does not tell


def teach(data: Path, model: TeacherModel, out: Path, progress: Progress | None = None) -> None:
    """Write the features of a split's clips that `out` has not yet, in the layout of `stored_teacher`.

    data: a folder with manifest.jsonl. A clip without pictures, or without sound, gets no file of these. An interrupted
    run goes on when started again. Raises HearsightError where another model's features are, and for a file of media
    that cannot be read.
    """
    examples = read_manifest(data)
    for example in examples:
        feature_file(out, VIDEO, example.id)  # no clip is embedded before all ids are known to be names
    for part in (VIDEO, AUDIO):
        (out / part).mkdir(parents=True, exist_ok=True)
    with filling(out):
        _sign(out, model)
        for done, example in enumerate(examples, start=1):
            _teach_clip(example, model, out)
            if progress:
                progress("taught", done, len(examples))


def _sign(out: Path, model: TeacherModel) -> None:
    """Say in teacher.json whose features these are."""
    note = out / "teacher.json"
    ours = {"model": model.name, "width": model.width, "frames": model.frames, "rate": model.rate}
    if not note.exists() and not any(
        file.suffix == ".pt" for part in (VIDEO, AUDIO) for file in (out / part).iterdir()
    ):
        write_atomic(note, json.dumps(ours, indent=2) + "\n")
        return
    try:
        theirs = json.loads(note.read_bytes())
    except (OSError, ValueError) as error:
        raise HearsightError(
            f"{out} holds features, and no readable teacher.json to tell of which model; give an empty folder"
        ) from error
    if theirs != ours:
        raise HearsightError(f"{out} holds features of {theirs}, not of {ours}; give another folder")


def _teach_clip(example: Example, model: TeacherModel, out: Path) -> None:
    video, audio = (feature_file(out, part, example.id) for part in (VIDEO, AUDIO))
    if video.exists() and audio.exists():
        return
    info = probe(example.path)
    clip = stretch(example, info.duration)
    if info.video and not video.exists():
        frames = [picture for _, picture in read_frames(info.path, spread(clip, info, model.frames))]
        if frames:
            frames += frames[-1:] * (model.frames - len(frames))  # the last stays on screen where sound lasts longer
            _save(video, model.embed_video(frames))
    if info.audio and not audio.exists():
        waveform = np.concatenate([np.empty(0, np.float32), *read_audio(info.path, clip.start, clip.end, model.rate)])
        if len(waveform):
            _save(audio, model.embed_audio(waveform))


def spread(clip: Clip, info: MediaInfo, count: int) -> list[float]:
    """Times of so many pictures of a clip, evenly spread from the first to the last."""
    rate = info.video.rate if info.video and info.video.rate else RATE
    times: list[float] = np.linspace(clip.start, max(clip.start, clip.end - 1 / rate), count).tolist()
    return times


def _save(file: Path, vector: Tensor) -> None:
    if not vector.isfinite().all():
        raise HearsightError(f"the teacher's vector for {file} is not finite; look at this clip")
    with atomic_file(file) as part:
        torch.save(vector.clone(), part)
