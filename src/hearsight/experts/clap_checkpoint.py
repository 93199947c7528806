"""Checkpoints of CLAP as the hub has them: their files, sizes and settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

from hearsight.errors import HearsightError
from hearsight.experts.hub_checkpoint import CheckpointKind
from hearsight.models.download import OLDER_WEIGHTS
from hearsight.models.hub import has_weights
from hearsight.models.sound_settings import number_of, part_of, read_extractor
from hearsight.towers.config import BertConfig, clap_text_config
from hearsight.towers.mapped_weights import MappedTensor, map_weights
from hearsight.util.config_file import read_config

CHECKPOINT = CheckpointKind(
    noun="sound expert",
    architecture="ClapModel",
    needed=("config.json", "tokenizer.json"),
    optional=(),
    other_files=("preprocessor_config.json", "processor_config.json"),
    older_weights=True,
    option="--sound",
    prefix="clap",
    without_network="use --sound none, and add it with a network later",
)
MODEL_TYPE = "clap"
# Seconds of a window, at most: what published models take at once, and were trained on. Shorter windows cost as much
# each, for they are repeated to that length. So that a bark of 2 s in a quiet clip does not drown in 10 s, a window
# begins with it (library/indexing/sound_windows.py).
LONGEST_WINDOW = 10.0


@dataclass(frozen=True)
class ClapSettings:
    """How a checkpoint encodes texts and sounds.

    text: sizes of its RoBERTa. width: of vectors. extractor: the settings of its feature extractor, which say all about
    sounds: sample_rate (Hz) and window_seconds are computed from them.
    """

    text: BertConfig
    width: int
    extractor: Mapping[str, Any]
    sample_rate: int
    window_seconds: float

    @property
    def max_tokens(self) -> int:
        """The most tokens of a text."""
        return self.text.max_tokens


def read_settings(folder: Path) -> ClapSettings:
    """Read the settings of a checkpoint. Raises HearsightError for those of another model, or that do not fit."""
    source = str(folder / "config.json")
    values = read_config(folder)
    if values.get("model_type") != MODEL_TYPE:
        raise HearsightError(
            f"{source} is of a model of type {values.get('model_type')!r}, and a sound expert is of type "
            f"'{MODEL_TYPE}'; give another model"
        )
    audio, text = part_of(values, "audio_config", source), part_of(values, "text_config", source)
    extractor = read_extractor(folder)
    _check(values, audio, extractor, folder)
    longest = float(number_of(extractor, "max_length_s", 10, folder))
    return ClapSettings(
        text=clap_text_config(text, source),
        width=int(number_of(values, "projection_dim", 512, folder)),
        extractor=extractor,
        sample_rate=int(number_of(extractor, "sampling_rate", 48_000, folder)),
        window_seconds=longest / ceil(longest / LONGEST_WINDOW),
    )


def read_text_weights(folder: Path) -> dict[str, MappedTensor]:
    """Return the weights of a checkpoint by name. Those of older files are read at once, and need torch."""
    if has_weights(folder) or not (folder / OLDER_WEIGHTS).is_file():
        return map_weights(folder)
    from hearsight.models.weights import read_weights

    weights = read_weights(folder)
    return {
        name: MappedTensor(tensor.float().numpy()) for name, tensor in weights.items() if tensor.is_floating_point()
    }


def _check(values: Mapping[str, Any], audio: Mapping[str, Any], extractor: Mapping[str, Any], folder: Path) -> None:
    """Raise HearsightError for sizes and settings that do not belong together: transformers would fail obscurely."""
    depths = audio.get("depths", (2, 2, 6, 2))
    stages = len(depths) if isinstance(depths, list | tuple) else 0
    width, patch = audio.get("hidden_size", 768), audio.get("patch_embeds_hidden_size", 96)
    if not stages or not isinstance(patch, int) or width != patch * 2 ** (stages - 1):
        raise HearsightError(
            f"{folder / 'config.json'} has hidden_size {width!r} of sounds, and its {stages} stages make "
            f"{patch!r} times {2 ** max(stages - 1, 0)}; correct it, or download the model again"
        )
    fused, fuses = bool(audio.get("enable_fusion", False)), extractor.get("truncation", "fusion") == "fusion"
    if fused != fuses:
        raise HearsightError(
            f"the model in {folder} is {'' if fused else 'not '}fused (enable_fusion), and its "
            f"preprocessor_config.json is for one that is {'not ' if fused else ''}(truncation "
            f"{extractor.get('truncation', 'fusion')!r}); download both files again"
        )
    if values.get("projection_hidden_act", "relu") != "relu":
        raise HearsightError(
            f"{folder / 'config.json'} has projection_hidden_act {values['projection_hidden_act']!r}, and only 'relu' "
            "is supported; give another model"
        )
