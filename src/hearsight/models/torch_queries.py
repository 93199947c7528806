"""The query side of a loaded model: as it is, or as arrays for NumPy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from hearsight.errors import HearsightError
from hearsight.models.base import VideoTextModel
from hearsight.models.embedding_shapes import extra_shapes
from hearsight.models.methods.avigate import AVIGATE, BlindFusion
from hearsight.models.methods.chorus import Chorus
from hearsight.models.methods.chorus_queries import ChorusQueryEncoder
from hearsight.models.methods.clip4clip import CLIP4Clip
from hearsight.models.methods.perception_encoder import PerceptionEncoder
from hearsight.models.methods.perception_encoder_queries import PerceptionEncoderQueries
from hearsight.models.methods.save import SAVE
from hearsight.models.query_encoder import CLIP, PADDING, Array, NumpyQueryEncoder, QueryConfig
from hearsight.models.tokenizer import PaddedTokenizer, UnpaddedTokenizer
from hearsight.towers.mapped_weights import MappedTensor, map_weights
from hearsight.types import VideoEmbedding

# The methods whose queries can do without torch. A subclass is another method: it may do anything with a text.
ENCODERS: dict[type[VideoTextModel], type[NumpyQueryEncoder]] = {
    CLIP4Clip: NumpyQueryEncoder,
    BlindFusion: NumpyQueryEncoder,
    AVIGATE: NumpyQueryEncoder,
    SAVE: NumpyQueryEncoder,
    Chorus: ChorusQueryEncoder,
    PerceptionEncoder: PerceptionEncoderQueries,
}
MAX_TEXTS = 32  # compared with clips at once
ROWS = 8192  # of a table


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
        return self.model.tokenizer.count_pieces(words)

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

    Copies the arrays, so that training the model on does not change them. Those of a checkpoint with a large vocabulary
    are mapped from its file, as far as they are still the same: then even one in bfloat16 has a query side.
    """
    encoder = ENCODERS.get(type(model))
    if encoder is None:
        return None
    state = {name: tensor for name, tensor in model.state_dict().items() if name.startswith(encoder.weight_prefixes)}
    is_own = isinstance(model.tokenizer, PaddedTokenizer | UnpaddedTokenizer)  # that of the checkpoint
    tensors = mapped_tensors(Path(model.tokenizer.source), state, encoder.words) if is_own else {}
    for name in state.keys() - tensors.keys():
        if state[name].dtype != torch.float32:
            return None
        tensors[name] = MappedTensor(state[name].detach().cpu().numpy().copy())
    config = QueryConfig(
        text=model.clip.config.text_config,
        words=model.config.words,
        start_id=0 if is_own else model.tokenizer.start_id,
        end_id=(model.clip.end_id or 0) if is_own else model.tokenizer.end_id,
        scale=float(model.clip.logit_scale.detach().float().exp()),
        temperature=model.config.temperature,
        options={name: getattr(model.options, name) for name in encoder.options},
        towers=model.config.clip["model_type"] if is_own else "clip",
    )
    return encoder(config, tensors, model.tokenizer.backend)


def mapped_tensors(folder: Path, state: Mapping[str, torch.Tensor], words: str) -> dict[str, MappedTensor]:
    """Return those of a model's tensors that a query can use from the model's file: no copy of them is needed.

    They are the same as in the file, to the precision of the model. Other formats than float32 would have to be
    converted at each start, so of these only the table of tokens is used, whose rows a query needs. words: its name.
    """
    try:
        in_file = map_weights(folder)
    except HearsightError:  # an older format
        return {}
    tensors = {}
    for name, tensor in state.items():
        mapped = in_file.get(name) or in_file.get(name.removeprefix(CLIP))
        if mapped and (mapped.values.dtype == np.float32 or name == words) and _is_same(mapped, tensor):
            tensors[name] = mapped
    return tensors


def _is_same(mapped: MappedTensor, tensor: torch.Tensor) -> bool:
    """Return whether a tensor is that of a file; a table is compared by parts, which need less memory."""
    if mapped.shape != tuple(tensor.shape):
        return False
    parts = (slice(first, first + ROWS) for first in range(0, len(tensor), ROWS))
    return all(torch.equal(torch.tensor(mapped.rows(part)).to(tensor.dtype), tensor[part].cpu()) for part in parts)
