"""Measures how long `hearsight search` takes as a process of its own, beside `python -c "import torch"`.

    python benchmarks/cold_search.py
    python benchmarks/cold_search.py --folder hearsight-demo --against ../older/src
    python benchmarks/cold_search.py --everyday --keep /tmp/everyday

They take turns: importing torch, a search that finds its model's queries in the user's cache, one that does not and
loads the model, and, with --against, one of another checkout. The index is that of --folder; without it, one of 24
clips of random vectors, of the demo model or, with --everyday, of SigLIP 2, CLAP and vectors of words, the first two
with random weights and vocabularies of the published sizes. With --keep, all this is made once. The user's own cache is
neither read nor written.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import hearsight
from everyday_models import make_clap, make_siglip
from harness import machine, print_results
from query import SMALL_LIBRARY, make_library

SOURCE = Path(hearsight.__file__).parents[1]
IMPORT_TORCH = ["-c", "import torch"]


def seconds(arguments: list[str], cache: Path, source: Path = SOURCE) -> tuple[float, float]:
    """Run Python. Return the seconds of wall and of processor time that it took."""
    environment = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "XDG_CACHE_HOME": str(cache),
        "PYTHONPATH": str(source),
    }
    before, begun = os.times(), time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, env=environment)
    wall, after = time.perf_counter() - begun, os.times()
    if done.returncode:
        sys.exit(done.stderr[-2000:])
    processor = sum(after[2:4]) - sum(before[2:4])
    return wall, processor


def make_films(keep: Path, everyday: bool) -> None:
    """Make an index in the folder films."""
    keep.mkdir(exist_ok=True)
    if not everyday:
        make_library("demo", hearsight.load("demo"), keep / "films", SMALL_LIBRARY)
        return
    make_siglip(keep / "siglip", True)
    make_clap(keep / "clap", True)
    siglip, sound = str(keep / "siglip"), f"clap:{keep / 'clap'}"
    make_library(siglip, hearsight.load(siglip), keep / "films", SMALL_LIBRARY, sound)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="an indexed folder")
    parser.add_argument("--against", type=Path, metavar="SRC", help="the folder src of another checkout")
    parser.add_argument("--everyday", action="store_true", help="an index with three text encoders")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="for the index and the models, for another run")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--query", default="a bell rings")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    hardware = machine()
    with tempfile.TemporaryDirectory() as temporary:
        keep = options.keep or Path(temporary)
        folder, cache, empty = options.folder or keep / "films", keep / "cache", Path(os.devnull)
        if not folder.is_dir():
            make_films(keep, options.everyday)
        words = [*options.query.split(), "--min-confidence", "0"]  # a random index may have no match
        search = ["-m", "hearsight.cli.main", "search", "--in", str(folder), *words]
        ways = {
            "import torch": lambda: seconds(IMPORT_TORCH, cache),
            "search": lambda: seconds(search, cache),
            "search, without the cache": lambda: seconds(search, empty),
        }
        if options.against:
            ways["search, the other checkout"] = lambda: seconds(search, cache, options.against.absolute())
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for number in range(options.rounds + 1):  # the first, which fills the cache, does not count
            for name, way in ways.items():
                times = way()
                print(name, times, file=sys.stderr)
                if number:
                    taken[name].append(times)
    print_results(hardware, [("seconds, medians", rows(taken))], taken, options.json)


def rows(taken: dict[str, list[tuple[float, float]]]) -> list[dict[str, str]]:
    medians = {name: [median(column) for column in zip(*times, strict=True)] for name, times in taken.items()}
    torch = medians["import torch"]
    return [
        {
            "way": name,
            "wall": f"{wall:.2f}",
            "from - to": " - ".join(f"{edge(each[0] for each in taken[name]):.2f}" for edge in (min, max)),
            "processor": f"{processor:.2f}",
            "x import torch": f"{wall / torch[0]:.2f}",
            "processor, x": f"{processor / torch[1]:.2f}",
        }
        for name, (wall, processor) in medians.items()
    ]


if __name__ == "__main__":
    main()
