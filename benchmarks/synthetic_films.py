"""Writes films for benchmarks: H.264 pictures that move, and AAC sound."""

from __future__ import annotations

import argparse
from collections.abc import Collection
from pathlib import Path
from typing import Any

import av
import numpy as np

from harness import WORDS

SECONDS, FRAME_RATE, SOUND_RATE = 15, 25, 44_100
# AAC pads: sound as long as the pictures would outlast them, and a sixteenth second without a picture be looked for.
SOUND_SAMPLES = round((SECONDS - 0.1) * SOUND_RATE)
KEY_EVERY = 250  # frames: x264's own choice


def parse_film_options(doc: str | None, clips: int, sizes: Collection[str] = ()) -> argparse.Namespace:
    """Parse the arguments of a benchmark on the user's own films, or on generated ones.

    sizes: names of the sizes that can be chosen for these, the default last.
    """
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--films", type=Path, metavar="FOLDER", help="of these files, not of ones made for it")
    parser.add_argument("--clips", type=int, default=clips, help="films in each set that is made")
    if sizes:
        parser.add_argument("--size", choices=[*sizes], default=[*sizes][-1], help="of the films that are made")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args()


def make_films(folder: Path, size: tuple[int, int], count: int, spoken: bool, key_every: int = KEY_EVERY) -> None:
    folder.mkdir()
    for seed in range(count):
        random = np.random.default_rng(seed)
        sound = speech(random) if spoken else music(random)
        write_film(folder / f"{seed:03}.mp4", size, panned(random, size), sound, key_every)


def panned(random: np.random.Generator, size: tuple[int, int]) -> Any:
    """Yield pictures: a view that moves over a large, detailed painting."""
    from PIL import Image

    width, height = size
    coarse = random.integers(0, 255, (36, 64, 3), np.uint8)
    painting = np.array(Image.fromarray(coarse).resize((2 * width, 2 * height), Image.Resampling.BICUBIC), np.int16)
    grain = random.integers(-12, 12, painting.shape, np.int16)
    painting = np.clip(painting + grain, 0, 255).astype(np.uint8)
    for n in range(SECONDS * FRAME_RATE):
        x = round((width - 1) * (1 + np.sin(n / 40)) / 2)
        y = round((height - 1) * (1 + np.cos(n / 55)) / 2)
        yield np.ascontiguousarray(painting[y : y + height, x : x + width])


def music(random: np.random.Generator) -> np.ndarray:
    """Return tones that come and go, over noise: (2, samples)."""
    times = np.arange(SOUND_SAMPLES) / SOUND_RATE
    tones = sum(
        np.sin(2 * np.pi * pitch * times) * np.sin(2 * np.pi * times / pulse) ** 2
        for pitch, pulse in zip(random.uniform(100, 2000, 5), random.uniform(0.5, 4, 5), strict=True)
    )
    return (0.1 * tones + 0.02 * random.standard_normal((2, len(times)))).astype(np.float32)


def speech(random: np.random.Generator) -> np.ndarray:
    """Return continuous speech: (2, samples)."""
    from hearsight.research.soundstage.text_to_speech import SAMPLE_RATE, speak

    said = np.empty(0, np.float32)
    while len(said) < SECONDS * SAMPLE_RATE:
        said = np.concatenate([said, speak(f"the {' '.join(random.choice(WORDS, 7))}.")])
    times = np.arange(SOUND_SAMPLES) * SAMPLE_RATE / SOUND_RATE
    return np.tile(np.interp(times, np.arange(len(said)), said).astype(np.float32), (2, 1))


def write_film(path: Path, size: tuple[int, int], pictures: Any, sound: np.ndarray, key_every: int = KEY_EVERY) -> None:
    """Write a film. key_every: the most frames from one key frame to the next."""
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
