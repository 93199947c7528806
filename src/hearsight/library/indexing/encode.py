"""Encode batches of clips into rows of the tables."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa
import torch
from torch import Tensor

from hearsight.library.indexing.read import ClipRead
from hearsight.library.tables.schema import ClipFacts, clip_table, model_schema
from hearsight.models.base import VideoTextModel
from hearsight.models.feature_rows import as_rows
from hearsight.models.preprocess import ClipInputs, collate
from hearsight.types import ClipFeatures, VideoEmbedding

# Branches that are left out of a clip's vector, to measure later what they add.
ABLATIONS = {"audio": ("audio",), "speech": ("speech",), "both": ("audio", "speech")}

BATCH_ON_CPU, BATCH_ON_ACCELERATOR = 8, 32  # clips


def batch_size(device: str, threads: int) -> int:
    """Return how many clips are encoded at once on a device: on a CPU at least one for each thread."""
    return max(BATCH_ON_CPU, threads) if device == "cpu" else BATCH_ON_ACCELERATOR


@dataclass(frozen=True)
class Rows:
    """The rows of a batch of clips. features: None if the library does not keep them."""

    clips: pa.Table
    features: pa.Table | None


def encode(model: VideoTextModel, reads: Sequence[ClipRead], keep_features: bool) -> Rows:
    """Encode clips and return their rows."""
    facts = [read.facts for read in reads]
    with torch.inference_mode():
        features = extract(model, [read.inputs for read in reads])
    clips = clip_rows(model, facts, features)
    if not keep_features:
        return Rows(clips, None)
    videos = pa.array([one.video for one in facts])
    return Rows(clips, as_rows([one.id for one in facts], features).append_column("video", videos))


def clip_rows(model: VideoTextModel, facts: Sequence[ClipFacts], features: ClipFeatures) -> pa.Table:
    """Return the rows of clips from their features."""
    full, without = embed(model, features)
    return clip_table(model_schema(model), facts, full, without)


def embed(model: VideoTextModel, features: ClipFeatures) -> tuple[VideoEmbedding, dict[str, Tensor]]:
    """Return the clips' vectors, and their pooled vectors (B, D) without "audio", "speech" and "both"."""
    with torch.inference_mode():
        features = model.precompute(features)
        without = {name: model.fuse(features, without=branches).pooled for name, branches in ABLATIONS.items()}
        return model.fuse(features), without


def extract(model: VideoTextModel, clips: Sequence[ClipInputs]) -> ClipFeatures:
    """Return the features of clips. On a CPU each clip is encoded by one thread, on all of torch's threads.

    A large batch is slower on a CPU than its clips one by one, because activations between layers do not fit into the
    caches. Threads that share every operation wait for each other at its end, even more so when the reading thread uses
    a core. Clips stay together that share what a tower encodes once: silence, or, without an audio tower, the padding
    of photos and short clips.
    """
    if model.device.type != "cpu":
        return model.extract(collate(clips))
    threads, hears = torch.get_num_threads(), model.audio_rows is not None
    together = [n for n, clip in enumerate(clips) if not (clip.has_audio if hears else clip.frame_mask.all())]
    groups = [together] if hears else [together[first::threads] for first in range(threads)]
    pieces = [[n] for n in range(len(clips)) if n not in together] + [group for group in groups if group]

    def extract_piece(piece: list[int]) -> ClipFeatures:
        with torch.inference_mode():  # a setting of each thread
            return model.extract(collate([clips[number] for number in piece]))

    try:
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            parts = list(pool.map(extract_piece, pieces))
    finally:
        torch.set_num_threads(threads)
    return ClipFeatures.join(parts).take(torch.tensor([number for piece in pieces for number in piece]).argsort())
