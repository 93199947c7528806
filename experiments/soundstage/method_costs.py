"""Measures what a clip and a query cost: for each method, and for a fusion that runs for each query.

Both papers compare themselves with methods whose video vectors depend on the text (TEFAL). Such a method must run its
fusion for every pair of query and video. Here it is SAVE's audio fusion with the query's vector among its inputs, which
is as cheap as such a method can be.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch

import hearsight
from hearsight.models.base import VideoTextModel
from hearsight.research.evaluation.retrieval import encode_texts
from hearsight.types import ClipFeatures
from runs import SAVE, Plan, features, keep

ROUNDS = 15
BATCH = 100  # clips that are fused together
QUERY = ["a dog on a beach while a bell rings"]


def measure_timing(plan: Plan) -> None:
    """Record milliseconds for a clip without its towers, and for a query with its encoding against all test clips."""
    keep(plan.record("timing"), [plan.models(row)[0] for row in plan.methods], lambda: timing(plan))


@torch.no_grad()
def timing(plan: Plan) -> dict[str, Any]:
    clips = features(plan, "test")
    some, all_clips = clips.batch(range(min(BATCH, len(clips)))), clips.batch(range(len(clips)))
    models = {row.name: hearsight.load(plan.models(row)[0]) for row in plan.methods}
    costs: dict[str, Any] = {"clips": len(clips), "methods": {}}
    for name, model in models.items():
        video = model.fuse(all_clips)
        costs["methods"][name] = {
            "fusion": median(lambda model=model: model.fuse(some)) / len(some.frames),
            "numbers": video.frames[0].numel() + video.pooled[0].numel(),
            "query": median(lambda model=model, video=video: model.similarity(encode_query(model), video)),
        }
    return {**costs, "text-conditioned": median(text_conditioned(models[SAVE.name], all_clips))}


def encode_query(model: VideoTextModel) -> torch.Tensor:
    return encode_texts(model, QUERY)


def text_conditioned(model: Any, clips: ClipFeatures) -> Callable[[], Any]:
    """Return a function that fuses a query with all clips. The resampled audio is computed before."""
    v0, mask, _ = model.vision(clips)
    audio = model.resample(clips)

    def fuse() -> None:
        memory = torch.cat([audio, encode_query(model)[:, None].expand(len(audio), -1, -1)], dim=1)
        model.audio_fusion(v0, memory, mask)

    return fuse


def median(work: Callable[[], Any]) -> float:
    """Return the median milliseconds of a call, after one that is not counted."""
    work()
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)
