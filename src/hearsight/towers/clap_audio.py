"""The audio tower of CLAP by transformers: windows of sound -> vectors in the space of its texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import ClapAudioModelWithProjection, ClapConfig, ClapFeatureExtractor

from hearsight.errors import HearsightError
from hearsight.towers.mapped_weights import MappedTensor
from hearsight.towers.numpy_bert import check_shapes
from hearsight.towers.uninitialised import NoRandomNumbers

# Buffers that a file may lack: they are computed, or count the steps of a training.
COMPUTED = ("relative_position_index", "num_batches_tracked")


class ClapAudio:
    """Encodes windows of sound to vectors (N, W), not unit.

    folder: with the config.json of a ClapModel. weights: the model's. extractor: the settings of its feature extractor.
    device: for torch. Raises HearsightError for weights that do not fit the configuration.
    """

    def __init__(
        self, folder: Path, weights: Mapping[str, MappedTensor], extractor: Mapping[str, Any], device: str = "cpu"
    ) -> None:
        self._folder, self._device = folder, device
        try:
            self._extractor = ClapFeatureExtractor.from_dict(dict(extractor))
            config = ClapConfig.from_pretrained(folder, local_files_only=True).audio_config
            with NoRandomNumbers():
                model = ClapAudioModelWithProjection(config)
        except Exception as error:  # whatever transformers raises for values that it cannot take
            raise self._unusable(error) from error
        expected = {name: tensor for name, tensor in model.state_dict().items() if not name.endswith(COMPUTED)}
        check_shapes(weights, ((name, tuple(tensor.shape)) for name, tensor in expected.items()), str(folder))
        # Not by from_pretrained, which writes a long report of the weights of texts.
        model.load_state_dict({name: torch.tensor(weights[name].rows()) for name in expected}, strict=False)
        self._model = model.float().eval().to(device)

    def __call__(self, sounds: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
        """Encode N windows, mono, at the extractor's rate, none longer than what it takes at once."""
        rate = self._extractor.sampling_rate
        try:
            features = self._extractor(list(sounds), sampling_rate=rate, return_tensors="pt")["input_features"]
            # The extractor of a fused CLAP calls one of the sounds longer than it is, by chance, if none is.
            longer = torch.zeros(len(sounds), 1, dtype=torch.bool, device=self._device)
            with torch.inference_mode():
                output = self._model(input_features=features.float().to(self._device), is_longer=longer)
        except (ValueError, RuntimeError, IndexError) as error:  # sizes that do not belong together
            raise self._unusable(error) from error
        vectors: NDArray[np.float32] = output.audio_embeds.float().cpu().numpy()
        return vectors

    def _unusable(self, error: Exception) -> HearsightError:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        return HearsightError(
            f"cannot use the CLAP of {self._folder}: {reason}; its preprocessor_config.json may not belong to its "
            "config.json, so download both again"
        )
