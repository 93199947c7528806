"""Measures the memory and time that indexing a long film takes.

    python benchmarks/film.py
    python benchmarks/film.py --hours 0.1 0.5 --recogniser none --json
    python benchmarks/film.py --pictures 1080p --model published --recogniser none

One film for each of the lengths asked for (H.264 in 640 x 360 or another size at 25 frames a second, AAC), joined on
the spot from four pieces of 15 s that take turns: music three times, then someone who speaks. `hearsight index` indexes
it in a process of its own, whose peak of resident memory is reported: with the demo model, or with a SAVE model of the
sizes of CLIP ViT-B/32 and AST-base (random weights). Films are read as a stream, so a long one should need hardly more
than a short one.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import av
import numpy as np

from harness import MIB, machine, make_model, peak_bytes, print_results
from synthetic_films import SECONDS, music, panned, speech, write_film

SIZES = {"360p": (640, 360), "1080p": (1920, 1080)}
PIECES = 4


@dataclass(frozen=True)
class Run:
    """One indexed film. wall: seconds from the start of the process to its end."""

    hours: float
    recogniser: str
    clips: int
    wall: float
    peak_bytes: int


def make_pieces(folder: Path, size: tuple[int, int]) -> list[Path]:
    """Write pieces of a film, SECONDS long each. Without flite, none has speech."""
    spoken = shutil.which("flite") is not None
    if not spoken:
        print("flite is missing (apt-get install flite): the film has no speech", file=sys.stderr)
    pieces = [folder / f"{seed}.mp4" for seed in range(PIECES)]
    for seed, piece in enumerate(pieces):
        random = np.random.default_rng(seed)
        sound = speech(random) if spoken and piece is pieces[-1] else music(random)
        write_film(piece, size, panned(random, size), sound)
    return pieces


def join(pieces: Sequence[Path], count: int, path: Path) -> None:
    """Write `count` pieces in turn one after the other, as they are encoded."""
    with av.open(str(path), "w") as film:
        streams = None
        for n in range(count):
            with av.open(str(pieces[n % len(pieces)])) as piece:
                streams = streams or [film.add_stream_from_template(stream) for stream in piece.streams]
                for packet in piece.demux():
                    if packet.dts is not None:
                        later = round(n * SECONDS / packet.time_base)
                        packet.pts, packet.dts = packet.pts + later, packet.dts + later
                        packet.stream = streams[packet.stream.index]
                        film.mux(packet)


def index(films: Path, hours: float, recogniser: str, model: str) -> Run:
    """Index a folder as a person would, and ask the system what the process took."""
    command = [sys.executable, "-m", "hearsight.cli.main", "index", str(films), "--model", model, "--json"]
    begun = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--recogniser", recogniser],
        stdout=subprocess.PIPE,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
    )
    with process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - begun
    if process.returncode:
        sys.exit(f"hearsight index ended with {process.returncode}")
    return Run(hours, recogniser, json.loads(output)["clips"], wall, peak_bytes(used.ru_maxrss))


def row(run: Run) -> dict[str, str]:
    return {
        "film": f"{run.hours:g} h",
        "recogniser": run.recogniser,
        "clips": str(run.clips),
        "wall": f"{run.wall:,.0f} s",
        "x real time": f"{3600 * run.hours / run.wall:.1f}",
        "peak memory": f"{run.peak_bytes / MIB:,.0f} MiB",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, nargs="+", default=[0.25, 2.0], metavar="H", help="lengths of films")
    parser.add_argument("--pictures", default="360p", choices=SIZES)
    parser.add_argument("--model", default="demo", choices=["demo", "published"], help="or one of the published sizes")
    parser.add_argument("--recogniser", default="moonshine", help="of speech")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    hardware = machine()
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        fresh = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), max_tasks_per_child=1)
        with fresh:  # this process stays small: a child's peak of memory starts from its parent's
            pieces = fresh.submit(make_pieces, Path(folder), SIZES[options.pictures]).result()
            model = "demo"
            if options.model == "published":
                model = f"{folder}/model"
                fresh.submit(make_model, Path(model), "save", "published").result()
        for hours in options.hours:
            films = Path(folder, f"{hours:g} h")
            films.mkdir()
            join(pieces, round(hours * 3600 / SECONDS), films / "film.mp4")
            runs.append(index(films, hours, options.recogniser, model))
            shutil.rmtree(films)
            print(runs[-1], file=sys.stderr)
    title = f"indexing one film in {options.pictures}, {options.model} model"
    print_results(hardware, [(title, [row(run) for run in runs])], list(map(asdict, runs)), options.json)


if __name__ == "__main__":
    main()
