"""What the steps of million.py share: a library of a size, its results so far, and how searches are measured."""

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


class Made:
    """The library of a size, and the results of the steps that are done."""

    def __init__(self, keep: Path, clips: int) -> None:
        self.keep, self.clips, self.at = keep, clips, keep / str(clips)
        self.told = keep / f"{clips}.json"
        self.results: dict[str, Any] = json.loads(self.told.read_text()) if self.told.is_file() else {}

    def tell(self, step: str, result: Any) -> None:
        self.results[step] = result
        self.told.write_text(json.dumps(self.results, indent=2))

    def model(self) -> Any:
        """CLIP4Clip at the size of CLIP ViT-B/32: random weights, but the scale of a trained one."""
        folder = self.keep / "model"
        if not folder.is_dir():
            with tempfile.TemporaryDirectory() as tokenizer:
                model = build_model(Path(tokenizer, "tokenizer"), "clip4clip", "published")
                with torch.no_grad():
                    model.clip.logit_scale.fill_(np.log(CLIP_SCALE))
                model.save_pretrained(folder)
        return hearsight.load(str(folder), dtype="auto")

    def library(self) -> Library:
        return hearsight.Library.open(library=self.at)

    def queries(self, count: int = QUERIES, seed: int = 0) -> Queries:
        """Made once, for that takes as long as making all clips again."""
        kept = self.keep / f"{self.clips} queries {seed}.pt"
        if not kept.is_file():
            torch.save(vars(World().queries(count, self.clips, seed)), kept)
        return Queries(**torch.load(kept, weights_only=True))


def truth(made: Made) -> Any:
    return np.load(made.keep / f"{made.clips}.npz")


def timed(ask: Callable[[str, torch.Tensor], list[str]], queries: Queries) -> tuple[dict[str, float], list[list[str]]]:
    """Milliseconds, and what was found."""
    times, found = [], []
    for text, vector in zip(queries.texts, queries.vectors, strict=True):
        begun = time.perf_counter()
        found.append(ask(text, vector))
        times.append(1000 * (time.perf_counter() - begun))
    cut = quantiles(times, n=20)
    return {"p50": cut[9], "p95": cut[-1]}, found


def recall(found: Sequence[Sequence[str]], right: Sequence[Sequence[str]]) -> float:
    return mean(len(set(some) & set(all)) / len(all) for some, all in zip(found, right, strict=True))


def best_of_films(clips: Sequence[str]) -> list[str]:
    """The best clip of each of the ten best films. clips: best first."""
    best: dict[str, str] = {}
    for clip in clips:
        best.setdefault(clip[:16], clip)
    return list(best.values())[:TOP]
