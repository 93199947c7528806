"""The audio tower of PE-Audio by transformers: sounds -> vectors in the space of its texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from transformers import PeAudioConfig, PeAudioFeatureExtractor, PeAudioVideoConfig
from transformers.models.pe_audio.modeling_pe_audio import PeAudioContrastiveHead, PeAudioEncoder

from hearsight.errors import HearsightError
from hearsight.towers.mapped_weights import MappedTensor
from hearsight.towers.numpy_bert import check_shapes
from hearsight.towers.numpy_layers import batches_of_one_length
from hearsight.towers.uninitialised import NoRandomNumbers
from hearsight.util.config_file import read_config


class PeAudioTower:
    """Encodes sounds to vectors (N, W), not unit.

    folder: with the config.json of a `PeAudioModel`, or of a `PeAudioVideoModel`. weights: by their names in the first.
    extractor: the settings of its feature extractor. by_frame: whether a sound's vector is the mean of those of its
    frames, 40 ms each, so that its product with a text's is the mean of theirs. device: for torch.
    Raises HearsightError for weights that do not fit the configuration.
    """

    def __init__(
        self,
        folder: Path,
        weights: Mapping[str, MappedTensor],
        extractor: Mapping[str, Any],
        by_frame: bool,
        device: str = "cpu",
    ) -> None:
        self._folder, self._device, self._by_frame = folder, device, by_frame
        try:
            self._extractor = PeAudioFeatureExtractor.from_dict(dict(extractor))
            config = _read_config(folder)
            width = config.text_config.hidden_size
            with NoRandomNumbers():
                encoder = PeAudioEncoder(config.audio_config)
                head = PeAudioContrastiveHead(config.audio_config.hidden_size, width)
            self._model, self._width = nn.ModuleDict({"audio_encoder": encoder, "audio_head": head}), width
            hop = config.audio_config.dac_config.hop_length
        except Exception as error:  # whatever transformers raises for values that it cannot take
            raise self._unusable(error) from error
        if self._extractor.hop_length % hop:
            raise self._unusable(ValueError(f"hop_length {self._extractor.hop_length} is no multiple of {hop}"))
        state = self._model.state_dict()
        check_shapes(weights, ((name, tuple(tensor.shape)) for name, tensor in state.items()), str(folder))
        self._model.load_state_dict({name: torch.tensor(weights[name].rows()) for name in state})
        self._model.float().eval().to(device)

    def __call__(self, sounds: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Encode N sounds, mono, at the extractor's rate.

        Those of one length are encoded together, for a sound that is padded to a longer one has another vector.
        """
        vectors = np.empty((len(sounds), self._width), np.float32)
        try:
            for _, rows in batches_of_one_length(map(len, sounds)):
                vectors[rows] = self._encode([sounds[row] for row in rows])
        except (ValueError, RuntimeError, IndexError) as error:  # sizes that do not belong together
            raise self._unusable(error) from error
        return vectors

    @torch.inference_mode()
    def _encode(self, sounds: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        rate = self._extractor.sampling_rate
        values = self._extractor(list(sounds), sampling_rate=rate, return_tensors="pt")["input_values"]
        output = self._model["audio_encoder"](input_values=values.float().to(self._device))
        head = self._model["audio_head"]
        encoded = head(output.last_hidden_state).mean(dim=1) if self._by_frame else head(output.pooler_output)
        vectors: NDArray[np.float32] = encoded.float().cpu().numpy()
        return vectors

    def _unusable(self, error: Exception) -> HearsightError:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        return HearsightError(
            f"cannot use the PE-Audio of {self._folder}: {reason}; its preprocessor_config.json may not belong to its "
            "config.json, so download the model again"
        )


def _read_config(folder: Path) -> Any:
    """Return the configuration of a PE-Audio, which may be a part of that of a PE-AV."""
    if read_config(folder).get("model_type") == PeAudioVideoConfig.model_type:
        return PeAudioVideoConfig.from_pretrained(folder, local_files_only=True).audio_config
    return PeAudioConfig.from_pretrained(folder, local_files_only=True)
