"""Measures how fast a folder is indexed, compared with the published way and with the towers alone.

    python benchmarks/indexing.py
    python benchmarks/indexing.py --films ~/Videos --recogniser moonshine --json

A SAVE model of CLIP ViT-B/32 and AST-base (random weights) encodes films of 15 s, one clip each: H.264 pictures that
move and AAC sound, made on the spot, or the files of a folder.

The published way: see published_pipeline.py; towers in float32, one clip after the other, then fusion. Ours:
`Library.update` of a new library: rows of clips with pictures to show and what each branch adds, in the precision that
`hearsight index` chooses. The towers alone: as many random inputs, in the same precision and batches.

Every run has a process of its own, as `hearsight index` has, so that its peak of memory is its own; ways take turns.
Loading the model is not counted. Processor time hardly depends on what else a machine does.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from harness import MIB, SIZES, machine, make_model, peak_bytes, print_results
from synthetic_films import make_films

# Pictures, and a recogniser for what is spoken in films.
SETS = {"240p": ((320, 240), "none"), "1080p": ((1920, 1080), "none"), "spoken": ((320, 240), "moonshine")}
PUBLISHED, OURS, TOWERS = "published", "ours", "the towers alone"


@dataclass(frozen=True)
class Set:
    """A folder to index, with the sound of each file as a .wav in another, for the published way alone."""

    name: str
    films: Path
    sounds: Path | None
    recogniser: str


@dataclass(frozen=True)
class Run:
    """One run over all films: seconds of wall and of processor time."""

    clips: int
    wall: float
    processor: float
    peak_bytes: int


# One run, in its own process


def timed(work: Callable[[], int]) -> Run:
    """Time some work, which returns its number of clips."""
    begun, processor_begun = time.perf_counter(), time.process_time()
    clips = work()
    wall, processor = time.perf_counter() - begun, time.process_time() - processor_begun
    return Run(clips, wall, processor, peak_bytes(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))


def ours(model_folder: Path, of: Set, dtype: str) -> Run:
    import hearsight

    model = hearsight.load(model_folder, dtype=dtype)
    with tempfile.TemporaryDirectory() as folder:
        library = hearsight.Library.create(of.films, model, library=Path(folder, "library"))
        return timed(lambda: library.update(recogniser=of.recogniser).clips)


def published(model_folder: Path, of: Set, _dtype: str) -> Run:
    import torch

    import hearsight
    from published_pipeline import published

    model = hearsight.load(model_folder)
    films = sorted(of.films.iterdir())
    assert of.sounds is not None
    frames = torch.ones(1, model.config.frames)

    def work() -> int:
        for film in films:
            sound = of.sounds / film.with_suffix(".wav").name
            pixels, filterbank = published(film, sound, model.config.frames, model.clip.image_size)
            with torch.inference_mode():
                model.encode_video(pixels[None], frames, filterbank[None])
        return len(films)

    return timed(work)


def towers_alone(model_folder: Path, of: Set, dtype: str) -> Run:
    import torch

    import hearsight
    from hearsight.library.indexing.encode import batch_size, extract
    from hearsight.models.preprocess import ClipInputs
    from hearsight.towers.filterbank import BINS

    model = hearsight.load(model_folder, dtype=dtype)
    count, size, F = len(list(of.films.iterdir())), model.clip.image_size, model.config.frames
    batch = batch_size("cpu", torch.get_num_threads())
    yes, no = torch.tensor(True), torch.tensor(False)
    clips = [
        ClipInputs(torch.randn(F, 3, size, size), torch.ones(F), torch.randn(model.ast.rows, BINS), None, yes, no)
        for _ in range(count)
    ]

    def work() -> int:
        for start in range(0, count, batch):
            with torch.inference_mode():
                extract(model, clips[start : start + batch])
        return count

    return timed(work)


WAYS = {PUBLISHED: published, OURS: ours, TOWERS: towers_alone}


# All runs


def make_sets(folder: Path, names: Sequence[str], count: int) -> list[Set]:
    return [make_set(folder, name, *SETS[name], count) for name in names]


def make_set(folder: Path, name: str, size: tuple[int, int], recogniser: str, count: int) -> Set:
    from published_pipeline import write_wav

    films, sounds = folder / name, folder / f"{name}, sounds"
    make_films(films, size, count, spoken=recogniser != "none")
    sounds.mkdir()
    for film in films.iterdir():
        write_wav(film, sounds / film.with_suffix(".wav").name)
    return Set(name, films, sounds, recogniser)


def rows(of: Set, runs: dict[str, list[Run]]) -> list[dict[str, str]]:
    """Return medians of the runs of a set, with their ratios to the published way and to the towers alone."""

    def middle(way: str, clock: str) -> float:
        return median(getattr(run, clock) / run.clips for run in runs[way])

    def times(way: str, other: str) -> dict[str, str]:
        if other not in runs:
            return {}
        ratios = {clock: middle(other, clock) / middle(way, clock) for clock in ("wall", "processor")}
        return {clock: f"{ratio:.2f}" for clock, ratio in ratios.items()}

    table = []
    for way, each in runs.items():
        faster, alone = times(way, PUBLISHED), times(TOWERS, way)
        table.append(
            {
                "films": of.name,
                "way": way,
                "clips": str(each[0].clips),
                "clips/s": f"{1 / middle(way, 'wall'):.3f}",
                "wall, s a clip": f"{middle(way, 'wall'):.2f}",
                "processor": f"{middle(way, 'processor'):.2f}",
                "x published: wall": faster.get("wall", ""),
                "processor ": faster.get("processor", ""),
                "x towers: wall": alone.get("wall", ""),
                "processor  ": alone.get("processor", ""),
                "peak memory": f"{max(run.peak_bytes for run in each) / MIB:,.0f} MiB",
            }
        )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=Path, metavar="FOLDER", help="index these files, not ones made for it")
    parser.add_argument("--recogniser", default="none", help="of speech, for --films")
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS, help="to make; spoken needs flite")
    parser.add_argument("--clips", type=int, default=16, help="films in each set that is made")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dtype", default="auto", choices=["auto", "float32", "bfloat16"], help="of all but published")
    parser.add_argument("--size", default="published", choices=SIZES, help="of the towers")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    hardware = machine()
    # This process stays small: a child's peak of memory starts from its parent's.
    fresh = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), max_tasks_per_child=1)
    with fresh, tempfile.TemporaryDirectory() as folder:
        model = Path(folder, "model")
        fresh.submit(make_model, model, "save", options.size).result()
        if options.films is not None:
            every = [Set(options.films.resolve().name, options.films, None, options.recogniser)]
        else:
            every = fresh.submit(make_sets, Path(folder), options.sets, options.clips).result()
        runs: dict[Set, dict[str, list[Run]]] = {of: {} for of in every}
        for _ in range(options.rounds):
            for of in every:
                for way, run in WAYS.items():
                    if way == PUBLISHED and of.sounds is None:
                        continue
                    done = fresh.submit(run, model, of, options.dtype).result()
                    print(of.name, way, done, file=sys.stderr)
                    runs[of].setdefault(way, []).append(done)

    table = [line for of in every for line in rows(of, runs[of])]
    results = {of.name: {way: list(map(asdict, each)) for way, each in ran.items()} for of, ran in runs.items()}
    print_results(
        hardware,
        [(f"indexing, {options.size} towers, median of {options.rounds} rounds", table)],
        results,
        options.json,
    )


if __name__ == "__main__":
    main()
