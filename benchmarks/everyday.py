"""Measures what `everyday` costs at indexing, beside CLIP ViT-B/32 alone on the same clips.

    python benchmarks/everyday.py
    python benchmarks/everyday.py --size 240p
    python benchmarks/everyday.py --films ~/Videos --json

Models have random weights at the sizes of the public ones: CLIP ViT-B/32, SigLIP 2 B/32-256 and CLAP (HTSAT, unfused);
their text towers are small, for they take no part. Films of 15 s, one clip each, are made on the spot.
Nothing is transcribed. Processor time of `hearsight.index`, each run in a process of its own; ways take turns:

- CLIP alone, and everyday: SigLIP 2 with CLAP, a new library of each.
- Sight and sound added to a library that has what is said: what a first run with a network adds to one without.

What is derived once for each model and machine (neutral queries, the part for queries) is made before, and not counted.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median

from everyday_models import make_models
from harness import machine, print_results
from synthetic_films import make_films, parse_film_options

ROUNDS = 2
CLIP, EVERYDAY, ADDED = "CLIP ViT-B/32 alone", "everyday", "added to what is said"
SIZES = {"240p": (320, 240), "1080p": (1920, 1080)}


def index(models: Path, films: Path, one_film: Path, way: str) -> float:
    """Index films in a new library, and return the seconds of processor time a clip.

    one_film: a folder that is indexed before, so that neither imports nor the loading of models count.
    """
    import hearsight

    model = hearsight.load(models / ("clip" if way == CLIP else "siglip"))
    sound = "none" if way == CLIP else f"clap:{models / 'clap'}"
    with tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        hearsight.index(one_film, model=model, library=folder / "first", recogniser="none", sound=sound)
        if way == ADDED:
            hearsight.index(films, model="none", library=folder / "library", recogniser="none")
        begun = time.process_time()
        library = hearsight.index(films, model=model, library=folder / "library", recogniser="none", sound=sound)
        return (time.process_time() - begun) / library.info().clips


def main() -> None:
    options = parse_film_options(__doc__, clips=8, sizes=SIZES)
    hardware = machine()
    fresh = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), max_tasks_per_child=1)
    with fresh, tempfile.TemporaryDirectory() as folder_name:
        folder = Path(folder_name)
        models, films = folder / "models", options.films or folder / "films"

        def run(work: Callable[..., float | None], *arguments: object) -> float | None:
            return fresh.submit(work, *arguments).result()

        run(make_models, models)
        run(make_films, folder / "one film", SIZES[options.size], 1, False)
        if not options.films:
            run(make_films, films, SIZES[options.size], options.clips, False)
        times: dict[str, list[float]] = {CLIP: [], EVERYDAY: [], ADDED: []}
        for number in range(ROUNDS + 1):
            for way, seconds in times.items():
                seconds.append(run(index, models, films, folder / "one film", way) or 0.0)
                print(way, f"{seconds[-1]:.2f}", "does not count" * (not number), file=sys.stderr)
    table = [
        {
            "way": way,
            "processor, s a clip": f"{median(seconds[1:]):.2f}",
            "from - to": f"{min(seconds[1:]):.2f} - {max(seconds[1:]):.2f}",
            "x CLIP alone": f"{median(seconds[1:]) / median(times[CLIP][1:]):.2f}",
        }
        for way, seconds in times.items()
    ]
    print_results(hardware, [(f"indexing, medians of {ROUNDS} rounds", table)], times, options.json)


if __name__ == "__main__":
    main()
