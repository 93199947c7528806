"""Measures how long a search takes, in a library that is open and from the command line.

    python benchmarks/query.py
    python benchmarks/query.py --clips 100000 --json

Libraries are made up, with no video behind them: clips of random vectors that stand in clusters, as those of real films
do, and transcripts of random words. Each is searched by `Library.search` (encoding the query included) in its three
modes, with queries of three to eight words: the median (p50) and the 95th percentile (p95) of each round of queries,
then their medians over all rounds. One library is of a model the size of CLIP ViT-B/32 (random weights), one of the
demo model, or of a tiny one where that is not installed.

A cold start is `hearsight search` as a process of its own, on a small library of the same model. The share of it that
goes into importing modules comes from runs of their own under Python's -X importtime.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

import numpy as np

import hearsight
from harness import WORDS, machine, make_model, print_results
from hearsight.models.catalog import DEMO
from synthetic_clips import write_clips

if TYPE_CHECKING:
    from hearsight.library import Library

MODES = ("dense", "hybrid", "speech")
QUERIES, WARM_UP = 40, 5
CLIPS_A_VIDEO, CLUSTERS, SMALL_LIBRARY = 20, 200, 24
COLD_STARTS = 5
SECONDS = 15.0


@dataclass(frozen=True)
class Times:
    """Milliseconds."""

    p50: float
    p95: float


@dataclass(frozen=True)
class Cold:
    """A cold start. seconds: median of all starts. imports: their share of the time, median of traced starts."""

    seconds: float
    imports: float


@dataclass(frozen=True)
class Result:
    model: str
    clips: int
    megabytes: float
    encoding: Times
    searches: dict[str, Times]
    cold: Cold


def make_library(model_folder: str, model: Any, folder: Path, clips: int) -> Library:
    """Create a library of clips of random vectors."""
    folder.mkdir()
    library = hearsight.Library.create(folder, model, name=model_folder)
    store = library.searchable.store
    random = np.random.default_rng(0)
    centres = random.standard_normal((CLUSTERS, model.width), np.float32)
    for first in range(0, clips, 1000):
        add_videos(store, model, random, centres, first, min(clips, first + 1000))
    store.maintain()
    return library


def add_videos(store: Any, model: Any, random: np.random.Generator, centres: np.ndarray, first: int, last: int) -> None:
    import torch

    from hearsight.library.tables.schema import ClipFacts, Video, clip_id
    from hearsight.models.layers import pool
    from hearsight.types import Clip, Line

    F, D, B = model.config.frames, model.width, last - first
    near = centres[random.integers(0, len(centres), B)][:, None] + random.standard_normal((B, F, D), np.float32)
    frames = torch.nn.functional.normalize(torch.from_numpy(near), dim=-1)
    pooled = pool(frames, torch.ones(B, F, dtype=torch.bool)).repeat(1, model.text_width // D)
    facts, videos = [], []
    for number in range(first, last):
        position = number % CLIPS_A_VIDEO
        if position == 0:
            videos.append(f"{number:016x}")
        clip = Clip(Path(), SECONDS * position, SECONDS * (position + 1))
        said = [" ".join(random.choice(WORDS, 8)) for _ in range(4)]
        lines = [Line(clip.start + 4 * i, clip.start + 4 * i + 3.5, text) for i, text in enumerate(said)]
        facts.append(ClipFacts(clip_id(videos[-1], clip), videos[-1], clip, " ".join(said), lines, True, True, None))
    write_clips(store, facts, frames, pooled)
    store.put_videos([Video(id, f"{id}.mp4", 0, "", id, SECONDS * CLIPS_A_VIDEO) for id in videos])


def queries(seed: int) -> list[str]:
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(WORDS, random.integers(3, 9))) for _ in range(QUERIES)]


def timed(work: Callable[[str], object], rounds: int) -> Times:
    from hearsight.library.search import search as searching

    for query in queries(0)[:WARM_UP]:
        work(query)
    p50, p95 = [], []
    for seed in range(1, rounds + 1):
        times = []
        for query in queries(seed):
            searching._text_vector.cache_clear()  # each mode asks the same
            begun = time.perf_counter()
            work(query)
            times.append(1000 * (time.perf_counter() - begun))
        p50.append(median(times))
        p95.append(quantiles(times, n=20)[-1])
    return Times(median(p50), median(p95))


def cold_start(library: Library) -> Cold:
    plain = [start(library)[0] for _ in range(COLD_STARTS)]
    watched = [start(library, "-X", "importtime") for _ in range(COLD_STARTS)]
    shares = [import_seconds(log) / seconds for seconds, log in watched]
    return Cold(median(plain), median(shares))


def start(library: Library, *options: str) -> tuple[float, str]:
    """Return the seconds of a search from the command line, and its standard error."""
    command = [sys.executable, *options, "-m", "hearsight.cli.main", "search", "--in", str(library.folder), WORDS[0]]
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    seconds = time.perf_counter() - begun
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    return seconds, done.stderr


def import_seconds(log: str) -> float:
    """Return the seconds of all imports from what -X importtime wrote: each module's own microseconds come first."""
    return sum(int(own) for own in re.findall(r"^import time: +(\d+) \|", log, re.MULTILINE)) / 1e6


def measure(name: str, model_folder: str, folder_path: Path, clips: int, rounds: int) -> Result:
    import torch

    model = hearsight.load(model_folder, dtype="auto")
    library = make_library(model_folder, model, folder_path / f"{name} many", clips)
    small = make_library(model_folder, model, folder_path / f"{name} few", SMALL_LIBRARY)

    @torch.inference_mode()
    def encode(query: str) -> None:
        model.encode_text(model.tokenize([query]))

    searches = {mode: timed(lambda query, mode=mode: library.search(query, mode=mode), rounds) for mode in MODES}
    return Result(name, clips, library.info().bytes / 1e6, timed(encode, rounds), searches, cold_start(small))


def row(result: Result) -> dict[str, str]:
    def shown(times: Times) -> str:
        return f"{times.p50:.1f} / {times.p95:.1f}"

    return {
        "model": result.model,
        "clips": f"{result.clips:,}",
        "on disk": f"{result.megabytes:.0f} MB",
        "text encoding": shown(result.encoding),
        **{mode: shown(times) for mode, times in result.searches.items()},
        "cold start": f"{result.cold.seconds:.2f} s",
        "of it imports": f"{result.cold.imports:.0%}",
    }


def models(folder_path: Path) -> Sequence[tuple[str, str]]:
    """Return names of models, and what `hearsight.load` takes for them."""
    make_model(folder_path / "ViT-B-32", "clip4clip", "published")
    if (DEMO / "config.json").is_file():
        return [("demo", "demo"), ("ViT-B-32", str(folder_path / "ViT-B-32"))]
    make_model(folder_path / "tiny", "save", "tiny")
    return [("tiny", str(folder_path / "tiny")), ("ViT-B-32", str(folder_path / "ViT-B-32"))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=10_000, help="in the library that is searched")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    hardware = machine()
    with tempfile.TemporaryDirectory() as folder:
        folder_path = Path(folder)
        results = [
            measure(name, source, folder_path, options.clips, options.rounds) for name, source in models(folder_path)
        ]
    title = f"searching, p50 / p95 in milliseconds, median of {options.rounds} rounds of {QUERIES} queries"
    print_results(
        hardware, [(title, [row(result) for result in results])], [asdict(result) for result in results], options.json
    )


if __name__ == "__main__":
    main()
