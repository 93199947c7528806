"""The query side of a loaded model: as it is, or as arrays for NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hearsight.models.base import VideoTextModel
from hearsight.models.embedding_shapes import extra_shapes
from hearsight.models.methods.avigate import AVIGATE, BlindFusion
from hearsight.models.methods.chorus import Chorus
from hearsight.models.methods.chorus_queries import ChorusQueryEncoder
from hearsight.models.methods.clip4clip import CLIP4Clip
from hearsight.models.methods.save import SAVE
from hearsight.models.query_encoder import PADDING, Array, NumpyQueryEncoder, QueryConfig
from hearsight.types import VideoEmbedding

# The methods whose queries can do without torch. A subclass is another method: it may do anything with a text.
ENCODERS: dict[type[VideoTextModel], type[NumpyQueryEncoder]] = {
    CLIP4Clip: NumpyQueryEncoder,
    BlindFusion: NumpyQueryEncoder,
    AVIGATE: NumpyQueryEncoder,
    SAVE: NumpyQueryEncoder,
    Chorus: ChorusQueryEncoder,
}
MAX_TEXTS = 32  # compared with clips at once


class TorchQueryEncoder:
    """The queries of a loaded model, computed by the model itself (a `QueryEncoder`)."""

    def __init__(self, model: VideoTextModel) -> None:
        self.model = model

    @property
    def width(self) -> int:
        return self.model.width

    @property
    def text_width(self) -> int:
        return self.model.text_width

    @property
    def extra(self) -> Mapping[str, tuple[int, ...]]:
        return extra_shapes(self.model)

    def count_pieces(self, words: Sequence[str]) -> list[int]:
        ids = self.model.tokenize(words)
        return [count - 2 for count in (ids != 0).sum(dim=1).tolist()]  # without start and end

    def encode(self, texts: Sequence[str]) -> Array:
        with torch.inference_mode():
            vectors: Array = self.model.encode_text(self.model.tokenize(texts)).float().cpu().numpy()
        return vectors

    def similarity(self, text: Array, clips: Mapping[str, NDArray[Any]]) -> tuple[Array, Array]:
        video, vector = self._video(clips), self._tensor(text)
        with torch.inference_mode():
            similarity: Array = self.model.similarity(vector[None], video)[0].cpu().numpy()
            per_frame: Array = (video.frames @ vector[: self.width]).cpu().numpy()
        return similarity, np.where(clips["mask"], per_frame, PADDING)

    def similarities(self, texts: Array, clips: Mapping[str, NDArray[Any]]) -> Array:
        video = self._video(clips)
        batches = (self._tensor(texts[first : first + MAX_TEXTS]) for first in range(0, len(texts), MAX_TEXTS))
        with torch.inference_mode():  # in batches: a method may need much memory for every pair
            return np.concatenate([self.model.similarity(batch, video).cpu().numpy() for batch in batches])

    def _video(self, clips: Mapping[str, NDArray[Any]]) -> VideoEmbedding:
        return VideoEmbedding.from_fields({name: self._tensor(values) for name, values in clips.items()})

    def _tensor(self, values: NDArray[Any]) -> torch.Tensor:
        """Return an array on the model's device, numbers in float32."""
        tensor = torch.from_numpy(np.require(values, requirements="W")).to(self.model.device)
        return tensor if values.dtype == bool else tensor.float()


def numpy_queries(model: VideoTextModel) -> NumpyQueryEncoder | None:
    """Return the query side of a model in NumPy. None for a method of a plugin, and for a text tower in bfloat16.

    Copies the arrays, so that training the model on does not change them.
    """
    encoder = ENCODERS.get(type(model))
    if encoder is None or model.clip.model.text_projection.weight.dtype != torch.float32:
        return None
    weights = {
        name: tensor.detach().cpu().float().numpy().copy()
        for name, tensor in model.state_dict().items()
        if name.startswith(encoder.weight_prefixes)
    }
    config = QueryConfig(
        text=model.clip.config.text_config,
        words=model.config.words,
        start_id=model.tokenizer.start_id,
        end_id=model.tokenizer.end_id,
        scale=float(model.clip.logit_scale.detach().float().exp()),
        temperature=model.config.temperature,
        options={name: getattr(model.options, name) for name in encoder.options},
    )
    return encoder(config, weights, model.tokenizer.backend)
