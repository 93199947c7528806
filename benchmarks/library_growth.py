"""Measures a library that grows to a million clips: building it, the time of a search, and what a search misses.

    python benchmarks/library_growth.py --keep /tmp/million
    python benchmarks/library_growth.py --keep /tmp/million --clips 10000
    python benchmarks/library_growth.py --keep /tmp/million --figure docs/scale/search.png

Libraries of 10 thousand, 100 thousand and a million clips (17 GB) of CLIP ViT-B/32's size are drawn at random
(synthetic_clips.py) and written through the project's own Store. Every step is a process of its own, whose peak of
memory is reported. A step that is done is skipped when the same command is run again:

    build     clips and films are appended, as an update does
    derive    the windows of the text expert and the calibration, as an update does after that
    optimise  as `hearsight optimise` does
    exact     the similarity of every query and every clip, for comparison
    search    200 queries, each encoded by CLIP's text tower: p50 and p95 of the second time, when what they read is
              in the system's memory, and of the first; recall@10, of the ten films that score highest of all
    hnsw, ivf FAISS on the same pooled vectors beside the library's first stage: p50 and p95, and recall@10 of the
              exactly nearest clips

--keep names a folder for all this; delete it afterwards.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import torch

import hearsight
from compare_faiss import hnsw, ivf, ours
from growing_library_steps import QUERIES, TOP, WARM_UP, GrowingLibrary, best_of_films, recall, timed, truth
from harness import machine, peak_bytes, print_results
from library_growth_report import draw, tables
from synthetic_clips import CLIPS_A_FILM, FILMS_A_BLOCK, World, add_block

if TYPE_CHECKING:
    from hearsight.library import Library

SIZES = [10_000, 100_000, 1_000_000]
DEPTH = 300  # of the clips that score highest: those of more than ten films
COLD_STARTS = 3
TOKENS_A_WORD = 1.3  # of CLIP's own vocabulary and English; the made-up words have more


# Building


def build(growing: GrowingLibrary) -> dict[str, Any]:
    """Append clips until there are enough. It may be stopped and run again."""
    videos = growing.keep / "videos"
    videos.mkdir(exist_ok=True)
    store = hearsight.Library.create(videos, growing.model(), library=growing.location).searchable.store
    world, have = World(), store.clips.count_rows()
    seconds = growing.results.get("seconds of building", 0.0)
    while have < growing.clips:
        begun = time.perf_counter()
        have += add_block(store, world, have // (FILMS_A_BLOCK * CLIPS_A_FILM), growing.clips - have)
        seconds += time.perf_counter() - begun
        growing.record("seconds of building", seconds)
    return {"seconds": seconds}


def derive(growing: GrowingLibrary) -> dict[str, Any]:
    from hearsight.library.derive import update_calibration
    from hearsight.library.library_experts import LibraryExperts
    from hearsight.models.torch_queries import TorchQueryEncoder

    begun = time.perf_counter()
    library = growing.library()
    encoder = TorchQueryEncoder(growing.model())
    experts = LibraryExperts.load(library.identity)
    update_calibration(library.searchable.store, library.identity.fingerprint, encoder, experts)
    windows = sum(size(table) for table in growing.location.glob("windows-*.lance"))
    return {"seconds": time.perf_counter() - begun, "windows": windows}


def optimise(growing: GrowingLibrary) -> dict[str, Any]:
    done = growing.library().optimise()
    table = growing.location / "clips.lance"
    return {**done.to_dict(), "data": size(table / "data"), "indexes": size(table / "_indices")}


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


# Searching


class Best:
    """The highest scores of each query so far."""

    def __init__(self) -> None:
        self.scores, self.rows = torch.empty(QUERIES, 0), torch.empty(QUERIES, 0, dtype=torch.int64)

    def add(self, scores: torch.Tensor, first: int) -> None:
        """Add scores (queries, rows) of rows from `first` on."""
        rows = torch.arange(first, first + scores.shape[1]).expand_as(scores)
        scores, rows = torch.cat([self.scores, scores], 1), torch.cat([self.rows, rows], 1)
        self.scores, best = scores.topk(min(DEPTH, scores.shape[1]))
        self.rows = rows.gather(1, best)


def exact(growing: GrowingLibrary) -> dict[str, Any]:
    import pyarrow as pa

    from hearsight.library.search.clip_vectors import COLUMNS, ClipVectors
    from hearsight.types import VideoEmbedding

    begun = time.perf_counter()
    model, texts = growing.model(), growing.queries().vectors
    similar, near, names = Best(), Best(), list[str]()
    clips = growing.library().searchable.store.clips
    for batch in clips.search().select(list(COLUMNS)).limit(None).to_batches(2048):
        some = ClipVectors.read(pa.Table.from_batches([batch]), {})
        frames, pooled = torch.from_numpy(some.frames).float(), torch.from_numpy(some.pooled)
        with torch.inference_mode():
            video = VideoEmbedding(frames, torch.from_numpy(some.mask), pooled, vision=frames)
            similar.add(model.similarity(texts, video), len(names))
            near.add(texts @ pooled.T, len(names))
        names += some.ids
    ids = np.array(names)
    np.savez(growing.keep / f"{growing.clips}.npz", similar=ids[similar.rows.numpy()], near=ids[near.rows.numpy()])
    return {"seconds": time.perf_counter() - begun}


def search(growing: GrowingLibrary) -> dict[str, Any]:
    begun = time.perf_counter()
    library, model, parts = growing.library(), growing.model(), Parts()
    library.use(model)
    library.searchable.store.snapshot()
    result: dict[str, Any] = {"open": time.perf_counter() - begun}
    queries, warm_up = growing.queries(), growing.queries(WARM_UP, seed=1)
    for mode in ("dense", "hybrid"):
        ask = searcher(library, model, mode)
        for text, vector in zip(warm_up.texts, warm_up.vectors, strict=True):
            ask(text, vector)
        first, _ = timed(ask, queries)
        with parts.watched():
            again, hits = timed(ask, queries)
        result[mode] = {**again, "first": first, "parts": parts.milliseconds()}
        if mode == "dense":
            result["recall"] = recall(hits, [best_of_films(clips) for clips in truth(growing)["similar"]])
    result["cold"] = [cold(growing, queries.texts[0]) for _ in range(COLD_STARTS)]
    return result


def searcher(library: Library, model: Any, mode: Any) -> Callable[[str, torch.Tensor], list[str]]:
    """Return a search that encodes its text as usual, and then searches by the given vector instead."""
    from hearsight.library.search import encoded_question

    encode = type(model).encode_text

    def ask(text: str, vector: torch.Tensor) -> list[str]:
        tokens = 1 + round(TOKENS_A_WORD * len(text.split()))

        def encode_text(ids: torch.Tensor) -> torch.Tensor:
            encode(model, torch.cat([ids[:, :tokens], ids.max(dim=1, keepdim=True).values], dim=1))
            return vector[None]

        model.encode_text = encode_text
        encoded_question._text_vector.cache_clear()  # which would know the text from the time before
        return [hit.clip for hit in library.search(text, mode=mode, limit=TOP).hits]

    return ask


class Parts:
    """Measures the parts of searches: mean milliseconds a search."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def watched(self) -> ExitStack:
        from hearsight.library.search import encoded_question
        from hearsight.library.search import search as searching
        from hearsight.library.search.on_disk import OnDisk

        self.seconds.clear()
        watching = ExitStack()
        for name, owner, attribute in (
            ("encoding", encoded_question, "text_vector"),
            ("finding", OnDisk, "candidates"),
            ("scoring", searching, "score_clips"),
            ("explaining", searching, "explain"),
        ):
            watching.enter_context(patch.object(owner, attribute, self._timing(name, getattr(owner, attribute))))
        return watching

    def _timing(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def timing(*arguments: Any) -> Any:
            begun = time.perf_counter()
            try:
                return work(*arguments)
            finally:
                self.seconds[name] += time.perf_counter() - begun

        return timing

    def milliseconds(self) -> dict[str, float]:
        return {name: 1000 * seconds / QUERIES for name, seconds in self.seconds.items()}


def cold(growing: GrowingLibrary, query: str) -> float:
    """Return the seconds of `hearsight search` as a process of its own."""
    command = [sys.executable, "-m", "hearsight.cli.main", "search", *query.split(), "--library", str(growing.location)]
    begun = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    if done.returncode not in (0, 1):  # 1: found nothing that matches
        sys.exit(done.stderr)
    return time.perf_counter() - begun


# All of it

STEPS: dict[str, Callable[[GrowingLibrary], dict[str, Any]]] = {
    step.__name__: step for step in (build, derive, optimise, exact, search, ours, hnsw, ivf)
}


def run(growing: GrowingLibrary, step: str) -> None:
    """Do a step in a process of its own, and keep its result with the peak of its memory."""
    command = [sys.executable, __file__, "--keep", str(growing.keep), "--clips", str(growing.clips), "--step", step]
    process = subprocess.Popen(command)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"the step {step} ended with {process.returncode}")
    done = GrowingLibrary(growing.keep, growing.clips)
    done.record(step, {**done.results[step], "peak": peak_bytes(used.ru_maxrss)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, required=True, metavar="FOLDER", help="for libraries and results")
    parser.add_argument("--clips", type=int, nargs="+", default=SIZES)
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=list(STEPS), help="only these")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    parser.add_argument("--figure", type=Path, metavar="PNG", help="draw the curves")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    options.keep.mkdir(parents=True, exist_ok=True)
    if options.step:
        growing = GrowingLibrary(options.keep, options.clips[0])
        growing.record(options.step, STEPS[options.step](growing))
        return
    hardware, results = machine(), {}
    for clips in options.clips:
        for step in options.steps:
            if step not in GrowingLibrary(options.keep, clips).results:
                run(GrowingLibrary(options.keep, clips), step)
        results[clips] = GrowingLibrary(options.keep, clips).results
    if options.figure:
        draw(results, options.figure)
    print_results(hardware, tables(results), results, options.json)


if __name__ == "__main__":
    main()
