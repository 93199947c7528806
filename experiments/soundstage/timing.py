"""What a query costs: vectors that are ready for any query, against a fusion that has to be made for each.

Both papers compare themselves with methods whose video vectors depend on the text (TEFAL). Such a method must run its
fusion for every pair of query and video. It stands here as the same fusion transformer with the query's vector among
the tokens that it reads: as cheap as such a method can be.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

import torch

import hearsight
from hearsight.evaluation.retrieval import encode_clips, encode_texts
from runs import RECORDS, Row, features

RECORD = RECORDS / "timing.json"
ROUNDS = 15


@torch.no_grad()
def measure_timing(row: Row) -> None:
    """Milliseconds a query against all clips of the test, text encoding included: medians."""
    if RECORD.exists():
        return
    model = hearsight.load(row.run(0) / "model")
    clips = features("test")
    stored = clips.batch(range(len(clips)))
    videos = encode_clips(model, clips)
    v0, mask, _ = model.vision(stored)
    audio = model.resample(stored)

    def independent() -> None:
        text = encode_texts(model, ["a dog on a beach while a bell rings"])
        for video in videos:
            model.similarity(text, video)

    def conditioned() -> None:
        text = encode_texts(model, ["a dog on a beach while a bell rings"])
        memory = torch.cat([audio, text[:, None].expand(len(audio), -1, -1)], dim=1)
        model.audio_fusion(v0, memory, mask)

    told = {"clips": len(clips), "independent": median(independent), "text-conditioned": median(conditioned)}
    RECORD.write_text(json.dumps(told, indent=1) + "\n")


def median(work: Callable[[], None]) -> float:
    """Milliseconds."""
    work()
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - begun))
    return round(statistics.median(times), 2)
