"""Shared by the steps of library_growth.py: a library of a size, its results so far, and the timing of searches."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean, quantiles
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

import hearsight
from harness import build_model
from synthetic_clips import Queries, World

if TYPE_CHECKING:
    from hearsight.library import Library

QUERIES, WARM_UP, TOP = 200, 20, 10
CLIP_SCALE = 100.0  # what CLIP's training brings it to; random weights have 14


class GrowingLibrary:
    """The library of a size, and the results of the steps that are done."""

    def __init__(self, keep: Path, clips: int) -> None:
        self.keep, self.clips, self.location = keep, clips, keep / str(clips)
        self.results_file = keep / f"{clips}.json"
        self.results: dict[str, Any] = json.loads(self.results_file.read_text()) if self.results_file.is_file() else {}

    def record(self, step: str, result: Any) -> None:
        self.results[step] = result
        self.results_file.write_text(json.dumps(self.results, indent=2))

    def model(self) -> Any:
        """Load CLIP4Clip at the size of CLIP ViT-B/32: random weights, with the scale of a trained model."""
        folder = self.keep / "model"
        if not folder.is_dir():
            with tempfile.TemporaryDirectory() as tokenizer:
                model = build_model(Path(tokenizer, "tokenizer"), "clip4clip", "published")
                with torch.no_grad():
                    model.clip.logit_scale.fill_(np.log(CLIP_SCALE))
                model.save_pretrained(folder)
        return hearsight.load(str(folder), dtype="auto")

    def library(self) -> Library:
        return hearsight.Library.open(library=self.location)

    def queries(self, count: int = QUERIES, seed: int = 0) -> Queries:
        """Return queries, drawn once and stored: to draw them takes as long as to draw all clips."""
        file = self.keep / f"{self.clips} queries {seed}.pt"
        if not file.is_file():
            torch.save(vars(World().queries(count, self.clips, seed)), file)
        return Queries(**torch.load(file, weights_only=True))


def truth(growing: GrowingLibrary) -> Any:
    return np.load(growing.keep / f"{growing.clips}.npz")


def timed(ask: Callable[[str, torch.Tensor], list[str]], queries: Queries) -> tuple[dict[str, float], list[list[str]]]:
    """Return the percentiles of milliseconds, and the clips that each query found."""
    times, hits = [], []
    for text, vector in zip(queries.texts, queries.vectors, strict=True):
        begun = time.perf_counter()
        hits.append(ask(text, vector))
        times.append(1000 * (time.perf_counter() - begun))
    cut = quantiles(times, n=20)
    return {"p50": cut[9], "p95": cut[-1]}, hits


def recall(hits: Sequence[Sequence[str]], right: Sequence[Sequence[str]]) -> float:
    return mean(len(set(some) & set(all)) / len(all) for some, all in zip(hits, right, strict=True))


def best_of_films(clips: Sequence[str]) -> list[str]:
    """Return the best clip of each of the ten best films. clips: best first."""
    best: dict[str, str] = {}
    for clip in clips:
        best.setdefault(clip[:16], clip)
    return list(best.values())[:TOP]
