"""Measures how long ranking takes once features exist, and the memory of many captions among many videos.

    python benchmarks/evaluation.py
    python benchmarks/evaluation.py --blocks 128 16 --rounds 5 --json
    python benchmarks/evaluation.py --large

1,000 captions (of 9 words) among 1,000 clips (12 frames, sound, a transcript of 30 words), SAVE at the sizes of CLIP
ViT-B/32 and AST-base, random weights and random features, in half precision and in memory for both ways.

The published way: texts and transcripts are encoded once; then, for a block of texts, every block of as many clips is
resampled and fused anew and compared with it. That part takes the same for every block of texts, so one is timed in
each round and counted as many times as there are blocks. Ours: `evaluation.retrieval.rank`, all of it, which fuses a
clip once. Both end with ranks, which one run of the published way over all blocks must agree with (--check).

--large: the peak of memory, and the time, of `rank` over 100,000 captions of 10,000 videos, of 12 unit vectors of 512
numbers each, drawn at random, in a process of its own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any
from zlib import crc32

import numpy as np
import torch
from torch import Tensor

from harness import SIZES, WORDS, Timing, build_model, machine, peak_bytes, print_results, sentence, take_turns
from hearsight.models.base import video_embedding
from hearsight.models.methods.save import BRANCH_WEIGHT
from hearsight.models.preprocess import speech_ids
from hearsight.research.datasets.manifest import Example
from hearsight.research.evaluation.metrics import text_ranks
from hearsight.research.evaluation.retrieval import encode_texts, rank
from hearsight.types import ClipFeatures, VideoEmbedding

GIB = 2**30
OURS, ONCE = "ours", "published, once"


@dataclass(frozen=True)
class InMemoryClips:
    """N clips in memory, as a `ClipSet`."""

    examples: list[Example]
    features: ClipFeatures  # in half precision

    def __len__(self) -> int:
        return len(self.examples)

    def batch(self, seen: Sequence[int], heard: Any = None, said: Any = None) -> ClipFeatures:
        rows = {name: None if all is None else all[list(seen)] for name, all in vars(self.features).items()}
        single = {name: rows[name].float() for name in ("frames", "audio") if rows[name] is not None}
        return ClipFeatures(**{**rows, **single})


def draw(model: Any, clips: int) -> InMemoryClips:
    random, (across, along) = np.random.default_rng(0), model.ast.grid
    yes = torch.ones(clips, dtype=torch.bool)
    frames = torch.randn(clips, model.config.frames, model.width).half()
    audio = torch.empty(clips, 1 + across * along, model.ast.width, dtype=torch.half)
    for clip in audio:
        clip.copy_(torch.randn(clip.shape))
    said = speech_ids(model, [sentence(random, 30) for _ in range(clips)])
    mask = torch.ones(frames.shape[:2], dtype=torch.bool)
    examples = [Example(f"{n}", Path(), (("", sentence(random, 9)),), f"{n}") for n in range(clips)]
    return InMemoryClips(examples, ClipFeatures(frames, mask, yes, yes, audio, said))


# The published way


@torch.no_grad()
def encode_once(model: Any, clips: InMemoryClips) -> tuple[Tensor, Tensor]:
    """Vectors of the captions, and what CLIP makes of every word of the transcripts."""
    assert clips.features.speech_ids is not None
    texts = encode_texts(model, [text for example in clips.examples for _, text in example.captions])
    return texts, torch.cat([model.clip.tokens(ids) for ids in clips.features.speech_ids.split(128)])


@torch.no_grad()
def score_block(model: Any, texts: Tensor, clips: InMemoryClips, words: Tensor, size: int) -> Tensor:
    """Logits of one block of texts with all clips, which are fused for it, `size` at a time."""
    scores = []
    for start in range(0, len(clips), size):
        numbers = range(start, min(start + size, len(clips)))
        scores.append(model.similarity(texts, fuse(model, clips.batch(numbers), words[start : start + size])))
    return torch.cat(scores, dim=1)


def fuse(model: Any, features: ClipFeatures, words: Tensor) -> VideoEmbedding:
    """Fuse as `SAVE.fuse` does, with transcripts that are encoded already."""
    v0, mask, _ = model.vision(features)
    heard, _ = model.audio_fusion(v0, model.resample(features), mask)
    said, _ = model.speech_fusion(v0, words, mask)
    return video_embedding(v0 + BRANCH_WEIGHT * heard + BRANCH_WEIGHT * said, mask, vision=v0)


def measure(model: Any, clips: InMemoryClips, blocks: Sequence[int], rounds: int) -> dict[str, list[Timing]]:
    """Time `rank`, the part that the published way does once, and a block of texts of each size."""
    texts, words = encode_once(model, clips)

    def one(size: int) -> Callable[[], object]:
        return lambda: score_block(model, texts[:size], clips, words, size)

    ways = {OURS: lambda: rank(model, clips), ONCE: lambda: encode_once(model, clips)}
    return take_turns({**ways, **{f"{size}": one(size) for size in blocks}}, rounds)


def check(model: Any, clips: InMemoryClips, size: int) -> None:
    """Assert that the published way over all blocks gives the same ranks as ours."""
    texts, words = encode_once(model, clips)
    scores = torch.cat([score_block(model, block, clips, words, size) for block in texts.split(size)]).numpy()
    assert np.array_equal(text_ranks(scores, np.arange(len(clips))), rank(model, clips).texts)


def rows(taken: dict[str, list[Timing]], blocks: Sequence[int], clips: int) -> list[dict[str, str]]:
    def seconds(name: str, clock: str) -> float:
        return median(getattr(one, clock) for one in taken[name])

    table = []
    for clock in ("wall", "processor"):
        ours, once = seconds(OURS, clock), seconds(ONCE, clock)
        for size in blocks:
            block, count = seconds(f"{size}", clock), ceil(clips / size)
            total = once + count * block
            table.append(
                {
                    "clock": clock,
                    "blocks of texts": f"{count} of {size}",
                    "once": f"{once:,.1f} s",
                    "a block": f"{block:,.1f} s",
                    "published": f"{total:,.0f} s",
                    "ours": f"{ours:,.1f} s",
                    "times as fast": f"{total / ours:,.1f}",
                }
            )
    return table


# Many captions among many videos


class Drawn:
    """A model and a set of clips in one: random unit vectors, the same on every call."""

    needs = ("pooled", "frames")

    def __init__(self, captions: int, videos: int, frames: int, width: int) -> None:
        self.frames, self.width = frames, width
        own = [captions // videos + (n < captions % videos) for n in range(videos)]
        self.examples = [
            Example(f"{n}", Path(), tuple(("", f"{WORDS[n % 100]} {n} {i}") for i in range(count)), f"{n}")
            for n, count in enumerate(own)
        ]

    def __len__(self) -> int:
        return len(self.examples)

    def batch(self, seen: Sequence[int], heard: Any = None, said: Any = None) -> ClipFeatures:
        frames = torch.randn(len(seen), self.frames, self.width, generator=torch.Generator().manual_seed(seen[0]))
        yes = torch.ones(len(seen), dtype=torch.bool)
        audio = torch.randn(len(seen), self.frames, self.width)
        return ClipFeatures(frames, torch.ones(frames.shape[:2], dtype=torch.bool), yes, yes, audio)

    def eval(self) -> None: ...

    def features(self, clips: ClipFeatures) -> ClipFeatures:
        return clips

    def fuse(self, clips: ClipFeatures) -> VideoEmbedding:
        """Return an embedding as large as SAVE's: with vectors before fusion, and resampled audio."""
        return video_embedding(clips.frames, clips.frame_mask, vision=clips.frames.clone(), audio=clips.audio)

    def tokenize(self, texts: Sequence[str]) -> Tensor:
        return torch.tensor([crc32(text.encode()) for text in texts])

    def encode_text(self, ids: Tensor) -> Tensor:
        drawn = torch.randn(len(ids), self.width, generator=torch.Generator().manual_seed(int(ids[0])))
        return torch.nn.functional.normalize(drawn, dim=-1)

    def similarity(self, text: Tensor, video: VideoEmbedding) -> Tensor:
        from hearsight.models.layers import multi_grained_similarity

        return multi_grained_similarity(text, video, torch.tensor(100.0))


@dataclass(frozen=True)
class Large:
    captions: int
    videos: int
    seconds: float
    peak_bytes: int


def rank_drawn(captions: int, videos: int) -> Large:
    drawn: Any = Drawn(captions, videos, frames=12, width=512)
    begun = time.perf_counter()
    rank(drawn, drawn)
    peak = peak_bytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return Large(captions, videos, time.perf_counter() - begun, peak)


def large() -> list[Large]:
    sizes = [(1_000, 1_000), (100_000, 10_000)]
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), max_tasks_per_child=1) as fresh:
        return [fresh.submit(rank_drawn, *size).result() for size in sizes]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=1000, help="as many captions")
    parser.add_argument("--blocks", type=int, nargs="+", default=[128, 16], help="texts, and clips, in a block")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", default="published", choices=SIZES, help="of the towers")
    parser.add_argument("--check", action="store_true", help="that both ways give the same ranks, and nothing else")
    parser.add_argument("--large", action="store_true", help="the memory of 100,000 captions among 10,000 videos")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    hardware = machine()
    if options.large:
        measurements = large()
        table = [
            {
                "captions x videos": f"{one.captions:,} x {one.videos:,}",
                "wall": f"{one.seconds:,.0f} s",
                "peak memory": f"{one.peak_bytes / GIB:.2f} GiB",
            }
            for one in measurements
        ]
        print_results(hardware, [("ranking random vectors", table)], list(map(asdict, measurements)), options.json)
        return
    with tempfile.TemporaryDirectory() as folder:
        model = build_model(Path(folder, "model"), "save", options.size)
        clips = draw(model, options.clips)
        if options.check:
            check(model, clips, options.blocks[0])
            print(f"the same ranks of {len(clips)} captions")
            return
        taken = measure(model, clips, options.blocks, options.rounds)
    title = f"ranking {options.clips:,} captions and clips, {options.size} towers, median of {options.rounds} rounds"
    results = {name: list(map(asdict, each)) for name, each in taken.items()}
    print_results(hardware, [(title, rows(taken, options.blocks, options.clips))], results, options.json)


if __name__ == "__main__":
    main()
