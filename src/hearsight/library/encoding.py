"""From the inputs of a model to the rows of clips: what an engine does with a batch that was read."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import torch

from hearsight.library.reading import Read
from hearsight.library.schema import clip_table, clips_schema
from hearsight.models.clip4clip import CLIP4Clip
from hearsight.models.inputs import collate

# Clips, at most: a CPU gains nothing from more, an accelerator does.
BATCH = {"cpu": 8}
BATCH_ON_ACCELERATOR = 32


def batch_size(device: str) -> int:
    """How many clips are encoded at once on a device."""
    return BATCH.get(device.split(":")[0], BATCH_ON_ACCELERATOR)


def encode(model: CLIP4Clip, reads: Sequence[Read]) -> pa.Table:
    """The rows of some clips, with their pooled vectors as they would be without audio, speech and both."""
    with torch.inference_mode():
        features = model.extract(collate([read.inputs for read in reads]))
        parts = {"audio": ("audio",), "speech": ("speech",), "both": ("audio", "speech")}
        without = {name: model.fuse(features, without=branches).pooled for name, branches in parts.items()}
        full = model.fuse(features)
    schema = clips_schema(model.config.frames, model.width, model.text_width)
    return clip_table(schema, [read.facts for read in reads], full, without)
