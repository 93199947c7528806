"""Checkpoints of PE-Audio as the hub has them: their files, sizes and settings.

There are those that compare every 40 ms of a sound with a text (`facebook/pe-a-frame-small`, for transformers a
`PeAudioFrameLevelModel`), and those that compare a sound as a whole (`PeAudioModel`). Each PE-AV has one of the second
kind in it (`facebook/pe-av-small`, a `PeAudioVideoModel`), and can be named here for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hearsight.errors import HearsightError
from hearsight.experts.hub_checkpoint import CheckpointKind
from hearsight.models.sound_settings import number_of, part_of, read_extractor
from hearsight.towers.config import ModernBertConfig, pe_text_config
from hearsight.towers.mapped_weights import MappedTensor, map_weights
from hearsight.util.config_file import read_config

CHECKPOINT = CheckpointKind(
    noun="sound expert",
    architecture="PeAudioModel",
    needed=("config.json", "tokenizer.json"),
    optional=(),
    other_files=("preprocessor_config.json", "processor_config.json"),
    older_weights=False,
    option="--sound",
    prefix="pe-audio",
    without_network="use --sound none, and add it with a network later",
)
MODEL_TYPE, AUDIO_VISUAL = "pe_audio", "pe_audio_video"
OF_FRAMES = "PeAudioFrameLevelModel"
# Seconds of a window, at most. A vector of frames is their mean, in which a short sound drowns, so its windows are
# short: each costs as much as it is long.
WINDOW, WINDOW_OF_FRAMES = 10.0, 2.0
PARTS = ("text_model.", "text_audio_head.", "audio_encoder.", "audio_head.")  # of the weights that are used
IN_BOTH = "audio_video_encoder.embedder.audio_encoder."  # where a PE-AV may have those of sounds


@dataclass(frozen=True)
class PeAudioSettings:
    """How a checkpoint encodes texts and sounds.

    text: sizes of its ModernBERT, whose width is that of vectors. extractor: the settings of its feature extractor.
    by_frame: whether texts are compared with frames of a sound, and not with all of it. sample_rate: in Hz.
    """

    text: ModernBertConfig
    extractor: Mapping[str, Any]
    by_frame: bool
    sample_rate: int

    @property
    def width(self) -> int:
        return self.text.hidden_size

    @property
    def max_tokens(self) -> int:
        return self.text.max_tokens

    @property
    def window_seconds(self) -> float:
        return WINDOW_OF_FRAMES if self.by_frame else WINDOW


def read_settings(folder: Path) -> PeAudioSettings:
    """Read the settings of a checkpoint. Raises HearsightError for those of another model, or that do not fit."""
    source, values = str(folder / "config.json"), read_config(folder)
    if values.get("model_type") not in (MODEL_TYPE, AUDIO_VISUAL):
        raise HearsightError(
            f"{source} is of a model of type {values.get('model_type')!r}, and a PE-Audio is of type '{MODEL_TYPE}' or "
            f"'{AUDIO_VISUAL}'; give another model"
        )
    extractor = read_extractor(folder)
    if extractor.get("feature_size", 1) != 1:
        raise HearsightError(f"the model in {folder} takes no mono sound, and only that is supported; give another")
    return PeAudioSettings(
        text=pe_text_config(part_of(values, "text_config", source), source),
        extractor=extractor,
        by_frame=OF_FRAMES in (values.get("architectures") or ()),
        sample_rate=int(number_of(extractor, "sampling_rate", 48_000, folder)),
    )


def read_weights(folder: Path) -> dict[str, MappedTensor]:
    """Return the weights of texts and sounds, by their names in a `PeAudioModel`."""
    weights = map_weights(folder)
    named = {name.replace(IN_BOTH, "audio_encoder.").removeprefix("audio_model."): name for name in weights}
    return {name: weights[full] for name, full in named.items() if name.startswith(PARTS)}
