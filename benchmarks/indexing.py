"""How fast a folder is indexed, and how much of that time is not the towers'.

    python benchmarks/indexing.py
    python benchmarks/indexing.py --films ~/Videos --recogniser pocketsphinx --json

A SAVE model of CLIP ViT-B/32 and AST-base (random weights) indexes films of 15 s, one clip each, through
`Library.update`: H.264 pictures that move and AAC sound, made on the spot, or the files of a folder. Every run has a
process of its own, as `hearsight index` has, so that its peak of memory is its own; runs of all sets take turns.

Two shares tell what is not the towers' (CLIP's image tower and AST, timed by hooks on their modules). Of the wall time,
that in which no tower was running. It hides that the reader decodes the next files while a tower runs, and takes
processor time from it; so the towers then run once more on as many inputs with nothing beside them, and of the
processor time, that is told which goes beyond what they need so. It hardly depends on what else a machine does.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median, mode
from typing import Any

import av
import numpy as np

from setting import SIZES, WORDS, machine, make_model, tell

SECONDS, FRAME_RATE, SOUND_RATE = 15, 25, 44_100
# AAC pads: sound as long as the pictures would outlast them, and a sixteenth second without a picture be looked for.
SOUND_SAMPLES = round((SECONDS - 0.1) * SOUND_RATE)
PICTURES = {"240p": (320, 240), "720p": (1280, 720)}
KEY_EVERY = 250  # frames: x264's own choice
MIB = 2**20


@dataclass(frozen=True)
class Set:
    """A folder to index."""

    name: str
    films: Path
    recogniser: str


@dataclass(frozen=True)
class Run:
    """One update of a new library: seconds of wall and of processor time, and how many of each are the towers'."""

    clips: int
    video_seconds: float
    wall: float
    towers_wall: float
    processor: float
    towers_processor: float
    peak_bytes: int

    @property
    def other_wall(self) -> float:
        return 1 - self.towers_wall / self.wall

    @property
    def other_processor(self) -> float:
        return 1 - self.towers_processor / self.processor


# One run, in its own process


@dataclass
class Tower:
    """Takes the time of a tower that begins with one module and ends with another (or the same)."""

    first: Any
    last: Any
    calls: list[tuple[float, tuple[int, ...]]] = field(default_factory=list)

    def watch(self) -> None:
        self.first.register_forward_pre_hook(self._begin)
        self.last.register_forward_hook(self._end)

    def _begin(self, _module: Any, inputs: tuple[Any, ...]) -> None:
        self._shape, self._begun = tuple(inputs[0].shape), time.perf_counter()

    def _end(self, *_: Any) -> None:
        self.calls.append((time.perf_counter() - self._begun, self._shape))

    @property
    def seconds(self) -> float:
        return sum(seconds for seconds, _ in self.calls)

    @property
    def rows(self) -> int:
        return sum(shape[0] for _, shape in self.calls)


def index(model_folder: Path, films: Path, recogniser: str, dtype: str) -> Run:
    import hearsight
    from hearsight.speech.recogniser import load_recogniser

    model = hearsight.load(model_folder, dtype=dtype)
    pictures = Tower(model.clip.model.vision_model, model.clip.model.vision_model)
    sounds = Tower(model.ast.model.embeddings, model.ast.model.layernorm)
    for tower in (pictures, sounds):
        tower.watch()
    listener = load_recogniser(recogniser)
    with tempfile.TemporaryDirectory() as at:
        library = hearsight.Library.create(films, model, at=Path(at, "library"))
        begun, processor_begun = time.perf_counter(), time.process_time()
        report = library.update(model, listener)
        wall, processor = time.perf_counter() - begun, time.process_time() - processor_begun
        hours = library.info().hours
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Run(
        clips=report.clips,
        video_seconds=3600 * hours,
        wall=wall,
        towers_wall=pictures.seconds + sounds.seconds,
        processor=processor,
        towers_processor=alone(pictures, model.clip.model.vision_model) + alone(sounds, model.ast),
        peak_bytes=peak,
    )


def alone(tower: Tower, module: Any) -> float:
    """Seconds of processor time that a tower, warm by now, needs for all rows of a run with nothing beside it."""
    import torch

    rows = tower.rows
    usual = mode(shape for _, shape in tower.calls)
    inputs = torch.rand(usual, dtype=next(module.parameters()).dtype)
    with torch.inference_mode():
        begun = time.process_time()
        module(inputs)
        return (time.process_time() - begun) / usual[0] * rows


# Films


def make_films(folder: Path, size: tuple[int, int], count: int, spoken: bool, key_every: int = KEY_EVERY) -> None:
    folder.mkdir()
    for seed in range(count):
        random = np.random.default_rng(seed)
        sound = speech(random) if spoken else music(random)
        write_film(folder / f"{seed:03}.mp4", size, panned(random, size), sound, key_every)


def panned(random: np.random.Generator, size: tuple[int, int]) -> Any:
    """Pictures: a view that wanders over a large, detailed painting."""
    from PIL import Image

    width, height = size
    coarse = random.integers(0, 255, (36, 64, 3), np.uint8)
    painting = np.array(Image.fromarray(coarse).resize((2 * width, 2 * height), Image.Resampling.BICUBIC), np.int16)
    grain = random.integers(-12, 12, painting.shape, np.int16)
    painting = np.clip(painting + grain, 0, 255).astype(np.uint8)
    for n in range(SECONDS * FRAME_RATE):
        left = round((width - 1) * (1 + np.sin(n / 40)) / 2)
        top = round((height - 1) * (1 + np.cos(n / 55)) / 2)
        yield np.ascontiguousarray(painting[top : top + height, left : left + width])


def music(random: np.random.Generator) -> np.ndarray:
    """Tones that come and go, over noise: (2, samples)."""
    at = np.arange(SOUND_SAMPLES) / SOUND_RATE
    tones = sum(
        np.sin(2 * np.pi * pitch * at) * np.sin(2 * np.pi * at / pulse) ** 2
        for pitch, pulse in zip(random.uniform(100, 2000, 5), random.uniform(0.5, 4, 5), strict=True)
    )
    return (0.1 * tones + 0.02 * random.standard_normal((2, len(at)))).astype(np.float32)


def speech(random: np.random.Generator) -> np.ndarray:
    """Someone who speaks all the time: (2, samples)."""
    from hearsight.soundstage.voices import SAMPLE_RATE, speak

    said = np.empty(0, np.float32)
    while len(said) < SECONDS * SAMPLE_RATE:
        said = np.concatenate([said, speak(f"the {' '.join(random.choice(WORDS, 7))}.")])
    at = np.arange(SOUND_SAMPLES) * SAMPLE_RATE / SOUND_RATE
    return np.tile(np.interp(at, np.arange(len(said)), said).astype(np.float32), (2, 1))


def write_film(path: Path, size: tuple[int, int], pictures: Any, sound: np.ndarray, key_every: int = KEY_EVERY) -> None:
    """key_every: frames from one to the next that can be decoded by itself, at most."""
    with av.open(str(path), "w") as container:
        audio = container.add_stream("aac", rate=SOUND_RATE, layout="stereo")
        video = container.add_stream("libx264", rate=FRAME_RATE, options={"preset": "veryfast", "g": f"{key_every}"})
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        step = SOUND_RATE // FRAME_RATE
        for n, picture in enumerate(pictures):
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            block = np.ascontiguousarray(sound[:, n * step : (n + 1) * step])
            if block.size:
                heard = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
                heard.sample_rate = SOUND_RATE
                container.mux(audio.encode(heard))
        container.mux(video.encode(None))
        container.mux(audio.encode(None))


# All runs


def sets(at: Path, films: Path | None, recogniser: str, count: int) -> list[Set]:
    if films is not None:
        return [Set(films.resolve().name, films, recogniser)]
    found = []
    for name, size in PICTURES.items():
        make_films(at / name, size, count, spoken=False)
        found.append(Set(name, at / name, "none"))
    if shutil.which("flite"):
        make_films(at / "spoken", PICTURES["240p"], count, spoken=True)
        found.append(Set("240p, spoken", at / "spoken", "pocketsphinx"))
    else:
        print("flite is missing (apt-get install flite): speech recognition is not measured", file=sys.stderr)
    return found


def row(of: Set, runs: Sequence[Run]) -> dict[str, str]:
    """Medians of the runs of a set."""
    return {
        "films": of.name,
        "recogniser": of.recogniser,
        "clips": str(runs[0].clips),
        "clips/s": f"{median(run.clips / run.wall for run in runs):.3f}",
        "x real time": f"{median(run.video_seconds / run.wall for run in runs):.1f}",
        "not towers: wall": f"{median(run.other_wall for run in runs):.1%}",
        "processor": f"{median(run.other_processor for run in runs):.1%}",
        "peak memory": f"{max(run.peak_bytes for run in runs) / MIB:,.0f} MiB",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=Path, metavar="FOLDER", help="index these files, not ones made for it")
    parser.add_argument("--recogniser", default="none", help="of speech, for --films")
    parser.add_argument("--clips", type=int, default=16, help="films in each set that is made")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--dtype", default="float32", choices=["float32", "bfloat16"])
    parser.add_argument("--size", default="published", choices=SIZES, help="of the towers")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()

    on = machine()
    # This process stays small: a child's peak of memory starts from its parent's.
    fresh = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), max_tasks_per_child=1)
    with fresh, tempfile.TemporaryDirectory() as folder:
        model = Path(folder, "model")
        fresh.submit(make_model, model, "save", asked.size).result()
        every = sets(Path(folder), asked.films, asked.recogniser, asked.clips)
        runs: dict[Set, list[Run]] = {of: [] for of in every}
        for _ in range(asked.rounds):
            for of in every:
                run = fresh.submit(index, model, of.films, of.recogniser, asked.dtype).result()
                print(of.name, run, file=sys.stderr)
                runs[of].append(run)

    rows = [row(of, measured) for of, measured in runs.items()]
    results = [
        {"set": of.name, "recogniser": of.recogniser, "runs": [asdict(run) for run in measured], "median": told}
        for (of, measured), told in zip(runs.items(), rows, strict=True)
    ]
    title = f"indexing, {asked.size} towers in {asked.dtype}, median of {asked.rounds} rounds"
    tell(on, [(title, rows)], results, asked.json)


if __name__ == "__main__":
    main()
