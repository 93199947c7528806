"""An example as the experts of a library compare it: a clip of a library, or a file of one's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hearsight.experts.sound_expert import SoundExpert
from hearsight.experts.sound_registry import load_sound_expert
from hearsight.library.indexing.sound_windows import window_starts
from hearsight.library.results import Filters, Sense
from hearsight.library.search.clip_details import clip_row
from hearsight.library.search.current_calibration import usable_experts
from hearsight.library.search.senses import SENSE_COLUMNS, sense_vectors
from hearsight.library.search.view import Searchable, View
from hearsight.library.tables.schema import read_mask, read_vectors
from hearsight.media.example import Example

if TYPE_CHECKING:
    from hearsight.models.base import VideoTextModel

MODEL = "model"  # the name of the video model among experts
PARTS = (*SENSE_COLUMNS, "mask", "has_sound", "has_speech")  # columns that `sense_parts` reads
STRETCH = 15.0  # seconds that are cut into windows together, as those of clips are

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class ExpertVectors:
    """What one expert compares of an example.

    expert: MODEL, or the name of a text or sound expert. fingerprint: of that expert; "" for the model. sense: what it
    compares; None for all that the model senses, together. vectors: of its windows, (m, D); one of the model.
    """

    expert: str
    fingerprint: str
    sense: Sense | None
    vectors: Vectors


@dataclass(frozen=True)
class EncodedExample:
    """What all experts compare of an example.

    by_sense: the experts of each sense that the example has: those with windows or, where a library has none, the
    model. together: the experts that compare it as a whole; none for an example of which nothing can be compared.
    pooled: the model's vector, (1, D).
    """

    pooled: Vectors
    by_sense: dict[Sense, list[ExpertVectors]]
    together: list[ExpertVectors]

    def choose(self, by: Sense | None) -> list[ExpertVectors]:
        """Return what is compared by one sense, or by all; [] if the example lacks it."""
        return self.together if by is None else self.by_sense.get(by, [])

    @classmethod
    def join(
        cls, pooled: Vectors, parts: Mapping[Sense, Vectors], windows: Sequence[ExpertVectors], reads: bool
    ) -> Self:
        """Join what the model and the other experts compare.

        parts: what each sense adds to the model's vector, (1, D). windows: of the other experts.
        reads: whether the model reads what is said: then its vector has that already, and a text expert, which every
        library has, would count it twice.
        """
        by_sense: dict[Sense, list[ExpertVectors]] = {}
        for sense, part in parts.items():
            experts = [each for each in windows if each.sense == sense]
            if not experts and part.any():
                experts = [ExpertVectors(MODEL, "", sense, part)]
            if experts:
                by_sense[sense] = experts
        together = [ExpertVectors(MODEL, "", None, pooled)] if pooled.any() else []
        together += [each for each in windows if each.sense == "heard" or not reads]
        return cls(pooled, by_sense, together)

    @classmethod
    def of_clip(cls, library: Searchable, clip: str) -> Self:
        """Return what is stored of a clip of a library: no expert has to be on this machine.

        Raises ClipNotFoundError for a clip that is not in the library.
        """
        row = clip_row(library, clip, list(PARTS)).slice(0, 1)
        view = View.open(library, Filters())
        windows = list[ExpertVectors]()
        for (name, fingerprint), sense in experts_with_windows(view).items():
            vectors = view.index.windows_of(name, [clip]).vectors
            if vectors.any():
                windows.append(ExpertVectors(name, fingerprint, sense, vectors[vectors.any(axis=1)]))
        calibration = view.snapshot.calibration
        reads = calibration is not None and calibration.scales["said"].is_informative
        return cls.join(read_vectors(row, "pooled"), sense_parts(row), windows, reads)

    @classmethod
    def of_file(cls, example: Example, model: VideoTextModel, experts: Sequence[SoundExpert]) -> Self:
        """Encode a file by a model, and its sound by sound experts, at whose sample rates it is. Nothing is said in it.

        Raises HearsightError for an expert that cannot encode.
        """
        windows = list[ExpertVectors]()
        for expert in experts:
            pieces = list(_cut_windows(example.sounds.get(expert.sample_rate, np.empty(0, np.float32)), expert))
            if pieces:
                vectors = expert.encode_sounds(pieces, str(model.device))
                windows.append(ExpertVectors(expert.name, expert.fingerprint, "heard", vectors))
        pooled, parts = _encode_by_model(example, model)
        return cls.join(pooled, parts, windows, reads=False)


def sense_parts(clips: pa.Table) -> dict[Sense, Vectors]:
    """Return what each sense adds to the model's vectors of the n clips of a table, (n, D) each.

    Zeros for a clip that lacks it: a model may give silence a vector, too.
    """
    parts = sense_vectors(clips)
    sound, speech = (np.array(clips[name].to_pylist(), bool) for name in ("has_sound", "has_speech"))
    pictures = np.logical_or.reduce(read_mask(clips), axis=1)
    present: dict[Sense, NDArray[np.bool_]] = {"seen": pictures, "heard": sound, "said": speech}
    return {sense: parts[sense] * flags[:, None] for sense, flags in present.items()}


def experts_with_windows(view: View) -> dict[tuple[str, str], Sense]:
    """Return the experts whose windows a library has stored, by name and fingerprint, with what they compare."""
    calibration = view.snapshot.calibration
    if calibration is None:
        return {}
    texts: dict[tuple[str, str], Sense] = dict.fromkeys(calibration.experts.items(), "said")
    return texts | dict.fromkeys(calibration.sounds.items(), "heard")


def sound_experts_of(views: Sequence[View]) -> tuple[list[SoundExpert], list[str]]:
    """Return the sound experts of libraries that are on this machine, and the names of those that are not."""
    usable, missing = dict[str, None](), dict[str, None]()
    for view in views:
        if (calibration := view.snapshot.calibration) is not None:
            _, sounds = usable_experts(calibration)
            usable |= dict.fromkeys(sounds)
            missing |= dict.fromkeys(name for name in calibration.sounds if name not in sounds)
    return [load_sound_expert(name) for name in usable], list(missing)


def _encode_by_model(example: Example, model: VideoTextModel) -> tuple[Vectors, dict[Sense, Vectors]]:
    """Return a model's vector of an example and what each sense adds to it, (1, D) each, as a library stores them.

    A branch that the example lacks is not compared.
    """
    import torch

    from hearsight.models.preprocess import collate

    waveform = None if model.audio_rate is None else example.sounds.get(model.audio_rate)
    batch = collate([model.prepare(example.frames, waveform, "")])
    missing = ["speech"] if bool(batch.has_audio[0]) else ["audio", "speech"]
    with torch.inference_mode():
        features = model.extract(batch)
        pooled, seen = (
            model.fuse(features, without=without).pooled.float().cpu().numpy()
            for without in (missing, ["audio", "speech"])
        )
    parts: dict[Sense, Vectors] = {
        "seen": seen if example.frames else np.zeros_like(seen),
        "heard": pooled - seen,
        "said": np.zeros_like(pooled),
    }
    return pooled, parts


def _cut_windows(sound: Vectors, expert: SoundExpert) -> Iterator[Vectors]:
    """Yield the windows of a sound that a library would store of it."""
    rate, length = expert.sample_rate, round(expert.window_seconds * expert.sample_rate)
    for samples in np.array_split(sound, max(1, ceil(len(sound) / (STRETCH * rate)))):
        for first in window_starts(samples, rate, expert.window_seconds):
            yield samples[first : first + length]
