"""The query side of a loaded model: as it is, or as arrays for NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hearsight.models.base import VideoTextModel
from hearsight.models.embedding_shapes import extra_shapes
from hearsight.models.query_cache import ENCODERS
from hearsight.models.query_encoder import PADDING, Array, NumpyQueryEncoder, QueryConfig
from hearsight.types import VideoEmbedding

# What a method does with a text. A class that changes any of it needs an encoder of its own, or has none in NumPy.
TEXT_METHODS = ("encode_text", "encode_texts", "similarity", "tokenize", "text_width", "needs", "weigh")
PROBES = ("a bell rings", "someone says 'hello', 3 times")
TOLERANCE = 1e-4


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
    """Return the query side of a model in NumPy. None if its method has none, or if the text tower is not float32.

    Copies the arrays, so that training the model on does not change them.
    """
    method = type(model)
    if any(_defined_below(method, name) for name in TEXT_METHODS):
        return None
    if model.clip.model.text_projection.weight.dtype != torch.float32:
        return None
    encoder = ENCODERS[method.numpy_queries]
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
    queries = encoder(config, weights, model.tokenizer.backend)
    return queries if _is_equal(queries, TorchQueryEncoder(model)) else None


def _defined_below(method: type[VideoTextModel], name: str) -> bool:
    """Return whether a subclass of the class that names its `numpy_queries` changes an attribute."""
    for cls in method.__mro__:
        if "numpy_queries" in vars(cls):
            return False
        if name in vars(cls):
            return True
    return False


def _is_equal(queries: NumpyQueryEncoder, model: TorchQueryEncoder) -> bool:
    """Return whether both encode texts alike. A method of a plugin may compute in ways that its class does not show."""
    return np.allclose(queries.encode(PROBES), model.encode(PROBES), rtol=0, atol=TOLERANCE)
