"""What a clip and a query cost: each method, and a fusion that has to be made for each query.

Both papers compare themselves with methods whose video vectors depend on the text (TEFAL). Such a method must run its
fusion for every pair of query and video. It stands here as SAVE's audio fusion with the query's vector among the tokens
that it reads: as cheap as such a method can be.
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
AT_ONCE = 100  # clips fused
QUERY = ["a dog on a beach while a bell rings"]


def measure_timing(plan: Plan) -> None:
    """Milliseconds a clip beyond its towers, and a query against all clips of the test, text encoding included."""
    keep(plan.record("timing"), [plan.models(row)[0] for row in plan.methods], lambda: timing(plan))


@torch.no_grad()
def timing(plan: Plan) -> dict[str, Any]:
    clips = features(plan, "test")
    few, every = clips.batch(range(min(AT_ONCE, len(clips)))), clips.batch(range(len(clips)))
    models = {row.name: hearsight.load(plan.models(row)[0]) for row in plan.methods}
    told: dict[str, Any] = {"clips": len(clips), "methods": {}}
    for name, model in models.items():
        video = model.fuse(every)
        told["methods"][name] = {
            "fusion": median(lambda model=model: model.fuse(few)) / len(few.frames),
            "numbers": video.frames[0].numel() + video.pooled[0].numel(),
            "query": median(lambda model=model, video=video: model.similarity(ask(model), video)),
        }
    return {**told, "text-conditioned": median(conditioned(models[SAVE.name], every))}


def ask(model: VideoTextModel) -> torch.Tensor:
    return encode_texts(model, QUERY)


def conditioned(model: Any, clips: ClipFeatures) -> Callable[[], Any]:
    """A query against all clips, through the audio fusion. The resampled audio is ready."""
    v0, mask, _ = model.vision(clips)
    audio = model.resample(clips)

    def work() -> None:
        memory = torch.cat([audio, ask(model)[:, None].expand(len(audio), -1, -1)], dim=1)
        model.audio_fusion(v0, memory, mask)

    return work


def median(work: Callable[[], Any]) -> float:
    """Milliseconds."""
    work()
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - begun))
    return statistics.median(times)
