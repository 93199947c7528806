"""Measures what indexing slides costs, with each picture encoded and with the same ones encoded once.

    python benchmarks/slides.py
    python benchmarks/slides.py --minutes 60 --json

A recording of slides (H.264 in 1280 x 720, 5 frames a second, a key frame every ten seconds, silent; a slide stands for
half a minute) is indexed in both ways, each time in a new process, by a CLIP4Clip model of the size of CLIP ViT-B/32
(random weights). Processor time includes loading the model, and the process that decodes. The ways take turns.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from unittest import mock

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from harness import machine, make_model, print_results

SIZE, RATE, SLIDE_SECONDS = (1280, 720), 5, 30  # pixels, frames a second, and how long a slide stands
EACH, ONCE = "each picture", "the same ones once"


@dataclass(frozen=True)
class Run:
    """One indexing of the recording. processor: seconds."""

    way: str
    clips: int
    processor: float


def slide(number: int) -> Image.Image:
    """Draw a slide with a title, lines of text and a chart."""
    random = np.random.default_rng(number)
    picture = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, SIZE[0], 100), fill=tuple(random.integers(0, 200, 3).tolist()))
    draw.text((50, 25), f"Part {number}: what follows from it", font=ImageFont.load_default(44), fill="white")
    for line in range(6):
        text = f"{random.integers(1000)} of {random.integers(1000)} were counted in place {line}"
        draw.text((60, 140 + 60 * line), text, font=ImageFont.load_default(28), fill="black")
    for bar, height in enumerate(random.integers(20, 400, 8).tolist()):
        draw.rectangle((800 + 50 * bar, 650 - height, 840 + 50 * bar, 650), fill="teal")
    return picture


def write_slides(path: Path, minutes: float) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "veryfast", "g": str(10 * RATE)})
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for number in range(round(60 * minutes / SLIDE_SECONDS)):
            picture = np.asarray(slide(number))
            for _ in range(SLIDE_SECONDS * RATE):
                container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


def index(way: str, folder: str, model: str) -> None:
    """Index a folder in this process, and print the number of clips."""
    import hearsight

    encode = mock.patch("hearsight.towers.clip.encode_distinct", lambda tower, rows: tower(rows))
    with encode if way == EACH else mock.patch.dict({}):
        print(hearsight.index(folder, model=model, recogniser="none", rebuild=True).info().clips)


def measure(way: str, folder: Path, model: Path) -> Run:
    """Index in a new process, and ask the system what it and its child took."""
    process = subprocess.Popen(
        [sys.executable, __file__, "--index", way, str(folder), str(model)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process:
        clips = int(process.stdout.read())
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Run(way, clips, usage.ru_utime + usage.ru_stime)


def runs(folder: Path, minutes: float, rounds: int) -> Iterator[Run]:
    write_slides(folder / "slides.mp4", minutes)
    make_model(folder.parent / "model", "clip4clip", "published")
    for _ in range(rounds):
        for way in (EACH, ONCE):
            yield measure(way, folder, folder.parent / "model")
            shutil.rmtree(folder / ".hearsight")


def row(way: str, measured: list[Run]) -> dict[str, str]:
    times = sorted(run.processor for run in measured if run.way == way)
    return {"encoded": way, "clips": str(measured[0].clips), "processor, s": ", ".join(f"{time:.1f}" for time in times)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20.0, help="length of the recording")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--index", nargs=3, metavar=("WAY", "FOLDER", "MODEL"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.index:
        index(*options.index)
        return
    hardware = machine()
    with tempfile.TemporaryDirectory() as folder:
        films = Path(folder, "films")
        films.mkdir()
        measured = list(runs(films, options.minutes, options.rounds))
    title = f"indexing {options.minutes:g} minutes of slides"
    print_results(
        hardware, [(title, [row(way, measured) for way in (EACH, ONCE)])], list(map(asdict, measured)), options.json
    )


if __name__ == "__main__":
    main()
