"""Measures how much faster a cluster of more workers indexes a folder.

    python benchmarks/cluster.py
    python benchmarks/cluster.py --clips 64 --workers 1 2 4 --dtype bfloat16 --json

A SAVE model of CLIP ViT-B/32 and AST-base (random weights) indexes films of 15 s and 320 x 240, one clip each, made on
the spot, with `RayEngine` on a cluster of this machine that has so many CPUs: each worker reads and encodes with one
thread. Starting the workers takes some seconds, however much they do; this is measured by indexing a folder of one file
that is no film, and reported separately, because it does not matter for a large folder.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import ray.cluster_utils

from harness import SIZES, machine, make_model, print_results
from synthetic_films import make_films

SIZE = (320, 240)  # pixels
OBJECT_STORE = 2 << 30  # bytes: room for the model, and for some batches


@dataclass(frozen=True)
class Run:
    """One run. starting: seconds until the workers run. total: seconds until all is indexed, starting included."""

    workers: int
    clips: int
    starting: float
    total: float

    @property
    def clips_per_second(self) -> float:
        return self.clips / (self.total - self.starting)


def index(films: Path, model_folder: Path, dtype: str, address: str) -> tuple[int, float]:
    """Return the number of encoded clips, and the seconds that they took."""
    import hearsight
    from hearsight.scale.engine import RayEngine

    model = hearsight.load(model_folder, dtype=dtype)
    with tempfile.TemporaryDirectory() as temporary, RayEngine(address) as engine:
        library = hearsight.Library.create(films, model, library=Path(temporary, "library"))
        begun = time.perf_counter()
        report = library.update(engine=engine, recogniser="none")
        return report.clips, time.perf_counter() - begun


def measure(workers: int, folder: Path, model: Path, dtype: str) -> Run:
    arguments = {"num_cpus": workers, "object_store_memory": OBJECT_STORE, "include_dashboard": False}
    cluster = ray.cluster_utils.Cluster(initialize_head=True, head_node_args=arguments)
    try:
        _, starting = index(folder / "nothing", model, dtype, cluster.address)
        clips, total = index(folder / "films", model, dtype, cluster.address)
    finally:
        cluster.shutdown()
    run = Run(workers, clips, starting, total)
    print(run, file=sys.stderr)
    return run


def row(run: Run, first: Run) -> dict[str, str]:
    return {
        "workers": str(run.workers),
        "clips": str(run.clips),
        "starting": f"{run.starting:.1f} s",
        "indexing": f"{run.total - run.starting:.1f} s",
        "clips/s": f"{run.clips_per_second:.3f}",
        "times as fast": f"{run.clips_per_second / first.clips_per_second:.2f}",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2], metavar="N")
    parser.add_argument("--clips", type=int, default=32, help="films, of one clip each")
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    parser.add_argument("--size", default="published", choices=SIZES, help="of the towers")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    hardware = machine()
    # Workers inherit this, and find the package where this process does.
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make_model(folder / "model", "save", options.size)
        make_films(folder / "films", SIZE, options.clips, spoken=False)
        (folder / "nothing").mkdir()
        (folder / "nothing" / "broken.mp4").write_text("this is no film")
        runs = [measure(workers, folder, folder / "model", options.dtype) for workers in options.workers]
    title = f"indexing on Ray, {options.size} towers in {options.dtype}, one thread a worker"
    print_results(hardware, [(title, [row(run, runs[0]) for run in runs])], list(map(asdict, runs)), options.json)


if __name__ == "__main__":
    main()
