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

    def count_pieces(self, word: str) -> int:
        return int((self.model.tokenize([word]) != 0).sum()) - 2  # without start and end

    def encode(self, texts: Sequence[str]) -> Array:
        with torch.inference_mode():
            vectors: Array = self.model.encode_text(self.model.tokenize(texts)).float().cpu().numpy()
        return vectors

    def similarity(self, text: Array, clips: Mapping[str, NDArray[Any]]) -> tuple[Array, Array]:
        def tensor(values: NDArray[Any]) -> torch.Tensor:
            moved = torch.from_numpy(np.require(values, requirements="W")).to(self.model.device)
            return moved if values.dtype == bool else moved.float()

        fields = {name: tensor(values) for name, values in clips.items()}
        vector = tensor(text)
        with torch.inference_mode():
            similarity: Array = self.model.similarity(vector[None], VideoEmbedding.from_fields(fields))[0].cpu().numpy()
            per_frame: Array = (fields["frames"] @ vector[: self.width]).cpu().numpy()
        return similarity, np.where(clips["mask"], per_frame, PADDING)


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
