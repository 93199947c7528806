"""Compares queries with what is heard by CLAP.

CLAP was trained on English descriptions of sounds, and knows little of what is said. Wu et al., Large-scale Contrastive
Language-Audio Pretraining with Feature Fusion and Keyword-to-Caption Augmentation (2023).
"""

from __future__ import annotations

from typing import ClassVar

from hearsight.experts.clap_checkpoint import CHECKPOINT, ClapSettings, read_settings, read_text_weights
from hearsight.experts.hub_checkpoint import CheckpointKind
from hearsight.experts.hub_sound_expert import AudioTower, HubSoundExpert
from hearsight.towers.numpy_clap import NumpyClapText

DEFAULT_MODEL = "laion/clap-htsat-unfused"


class Clap(HubSoundExpert):
    """A CLAP of the hub.

    model: a hub id, or the absolute path of a folder. It must be on this machine.
    Raises HearsightError for a model that is missing, damaged, or of another kind.
    """

    checkpoint: ClassVar[CheckpointKind] = CHECKPOINT
    default_model: ClassVar[str] = DEFAULT_MODEL
    _settings: ClapSettings

    def __init__(self, model: str = DEFAULT_MODEL) -> None:
        folder = CHECKPOINT.locate(model)
        settings, weights = read_settings(folder), read_text_weights(folder)
        texts = NumpyClapText(settings.text, settings.width, weights, str(folder))
        super().__init__(model, folder, settings, weights, texts)

    def _load_audio_tower(self, device: str) -> AudioTower:
        from hearsight.towers.clap_audio import ClapAudio

        return ClapAudio(self._folder, self._weights, self._settings.extractor, device)
