"""From what was read of clips to their rows: what an engine does with a batch."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import torch
from torch import Tensor

from hearsight.library.reading import Read
from hearsight.library.schema import clip_table, clips_schema
from hearsight.models.clip4clip import CLIP4Clip
from hearsight.models.inputs import ClipInputs, collate
from hearsight.types import ClipFeatures, VideoEmbedding

# What is left out, to tell later what it adds.
PARTS = {"audio": ("audio",), "speech": ("speech",), "both": ("audio", "speech")}

# Clips, at most; on a CPU there is one for each thread at least.
BATCH = 8
BATCH_ON_ACCELERATOR = 32


def batch_size(device: str) -> int:
    """How many clips are encoded at once on a device."""
    return max(BATCH, torch.get_num_threads()) if device == "cpu" else BATCH_ON_ACCELERATOR


def encoded_rows(model: CLIP4Clip, reads: Sequence[Read]) -> pa.Table:
    """The rows of some clips."""
    full, without = encode(model, [read.inputs for read in reads])
    schema = clips_schema(model.config.frames, model.width, model.text_width)
    return clip_table(schema, [read.facts for read in reads], full, without)


def encode(model: CLIP4Clip, clips: Sequence[ClipInputs]) -> tuple[VideoEmbedding, dict[str, Tensor]]:
    """The clips' vectors, and their pooled vectors (B, D) without "audio", "speech" and "both"."""
    with torch.inference_mode():
        features = model.remember(extract(model, clips))
        without = {name: model.fuse(features, without=branches).pooled for name, branches in PARTS.items()}
        return model.fuse(features), without


def extract(model: CLIP4Clip, clips: Sequence[ClipInputs]) -> ClipFeatures:
    """What the towers make of clips; on a CPU one at a time, in as many threads as torch would give to one operation.

    A large batch is slower there than its clips one by one: what goes from layer to layer leaves the caches. Threads
    that share every operation wait for each other at its end, all the more when the reader takes a core from one.
    Silent clips stay together, for the towers encode silence once.
    """
    if model.device.type != "cpu":
        return model.extract(collate(clips))
    heard = [number for number, clip in enumerate(clips) if clip.has_audio]
    silent = [number for number, clip in enumerate(clips) if not clip.has_audio]
    pieces = [[number] for number in heard] + ([silent] if silent else [])
    threads = torch.get_num_threads()

    def extract_piece(piece: list[int]) -> ClipFeatures:
        with torch.inference_mode():  # which each thread has for itself
            return model.extract(collate([clips[number] for number in piece]))

    try:
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            parts = list(pool.map(extract_piece, pieces))
    finally:
        torch.set_num_threads(threads)
    return ClipFeatures.join(parts).take(torch.tensor([*heard, *silent]).argsort())
