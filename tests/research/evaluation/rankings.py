"""Clips with captions and random features, and rankings of random scores."""

from pathlib import Path

import numpy as np
import torch

from hearsight.research.datasets.manifest import Example
from hearsight.research.evaluation.metrics import text_ranks, ties, video_ranks
from hearsight.research.evaluation.ranking import Ranking
from hearsight.types import ClipFeatures

SAID = ("a bell rings", "the doctor lost a yellow bicycle", "yellow bicycle", "while the doctor rings a bell")


class Clips:
    """Random features: clips 2i and 2i + 1 are twins, and clip i has i % 3 + 1 captions."""

    def __init__(self, model, count: int = 7) -> None:
        generator = torch.Generator().manual_seed(0)
        F, D = model.config.frames, model.width
        self.frames = torch.randn(count, F, D, generator=generator)
        self.examples = [
            Example(f"clip{i}", Path(f"clip{i}.mp4"), tuple(_captions(i)), f"twins{i // 2}") for i in range(count)
        ]

    def __len__(self) -> int:
        return len(self.examples)

    def batch(self, seen, heard=None, said=None) -> ClipFeatures:
        frames = self.frames[list(seen)]
        yes = torch.ones(len(frames), dtype=torch.bool)
        return ClipFeatures(frames, torch.ones(frames.shape[:2], dtype=torch.bool), yes, yes)


def _captions(index: int):
    for number in range(index % 3 + 1):
        yield ("sight", "sound")[number % 2], f"{SAID[index % 4]} {number}"


def ranking(seed: int = 0, clips: int = 40, captions: int = 3, skill: float = 1.0) -> Ranking:
    """Return a ranking of random scores, with `skill` added for the right clip. Clips 2i and 2i + 1 are twins."""
    owner = np.repeat(np.arange(clips), captions)
    scores = np.random.default_rng(seed).normal(size=(len(owner), clips))
    scores[np.arange(len(owner)), owner] += skill
    return Ranking(
        captions="the same",
        kinds=tuple(("sight", "sound")[i % 2] for i in range(len(owner))),
        owner=owner,
        clusters=np.arange(clips) // 2,
        texts=text_ranks(scores, owner),
        ties=ties(scores, owner).sum(axis=1) - 1,
        videos=video_ranks(scores, owner),
    )
