"""Compares queries with what is heard by PE-Audio, the part of Meta's Perception Encoder for sounds.

It was trained on English descriptions of sounds, of music and of speech. Vyas et al., Pushing the Frontier of
Audiovisual Perception with Large-Scale Multimodal Correspondence Learning (arXiv 2512.19687, 2025).
"""

from __future__ import annotations

from typing import ClassVar

from hearsight.experts.hub_checkpoint import CheckpointKind
from hearsight.experts.hub_sound_expert import AudioTower, HubSoundExpert
from hearsight.experts.pe_audio_checkpoint import CHECKPOINT, PeAudioSettings, read_settings, read_weights
from hearsight.towers.numpy_pe_text import NumpyPeText

DEFAULT_MODEL = "facebook/pe-a-frame-small"
HEAD = "text_audio_head"


class PeAudio(HubSoundExpert):
    """A PE-Audio of the hub, or that within a PE-AV.

    model: a hub id, or the absolute path of a folder. It must be on this machine.
    Raises HearsightError for a model that is missing, damaged, or of another kind.
    """

    checkpoint: ClassVar[CheckpointKind] = CHECKPOINT
    default_model: ClassVar[str] = DEFAULT_MODEL
    _settings: PeAudioSettings

    def __init__(self, model: str = DEFAULT_MODEL) -> None:
        folder = CHECKPOINT.locate(model)
        settings, weights = read_settings(folder), read_weights(folder)
        texts = NumpyPeText(settings.text, [HEAD], weights, str(folder))
        super().__init__(model, folder, settings, weights, texts)

    def _load_audio_tower(self, device: str) -> AudioTower:
        from hearsight.towers.pe_audio import PeAudioTower

        settings = self._settings
        return PeAudioTower(self._folder, self._weights, settings.extractor, settings.by_frame, device)
