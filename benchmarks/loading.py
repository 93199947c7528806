"""How fast clips are loaded: the published way, ours from the same files, and ours from stored features.

    python benchmarks/loading.py
    python benchmarks/loading.py --clips 32 --rounds 7 --json

Films of 15 s, H.264 in 320 x 240 at 25 frames a second with AAC in stereo, are made on the spot, with a key frame every
250 frames (x264's own choice) and every 50. A clip is a film. What comes out is what a model of CLIP ViT-B/32 and AST
takes: 12 frames of 224 x 224 and a filterbank of 1024 x 128, or what its towers make of them.

The published way: OpenCV seeks every whole second and decodes up to it, Pillow makes a picture of all of them, 12 are
kept; sound comes from a .wav (16 kHz, mono) that was made before and is not timed. Our filterbank is used for both.
From files, we decode the pictures once, forward, and make those that are kept; and the sound of the same file. Stored
features are random numbers in the table that training reads, by random access, a batch of clips at once.

All is done in one process and one thread of torch, as in one of several workers; OpenCV and FFmpeg have their own.
"""

from __future__ import annotations

import argparse
import tempfile
import wave
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from PIL import Image

from hearsight.datasets.files import read_clip
from hearsight.datasets.manifest import Example
from hearsight.media.audio import SAMPLE_RATE, read_audio
from hearsight.towers.filterbank import filterbank
from hearsight.towers.pixels import normalise
from indexing import KEY_EVERY, PICTURES, make_films
from setting import Taken, build_model, compared, machine, make_features, take_turns, tell

STORED = 256  # clips in the table
PUBLISHED, FILES, FEATURES = "published", "ours, from files", "ours, stored features"


def published(film: Path, frames: int, size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """(F, 3, H, W) pixels and a (1024, 128) filterbank."""
    pictures = torch.stack([published_pixels(picture, size) for picture in seconds(film)])
    kept = np.linspace(0, len(pictures) - 1, frames).astype(int)
    with wave.open(str(film.with_suffix(".wav"))) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16).astype(np.float32) / 2**15
    return pictures[kept], filterbank(samples)


def seconds(film: Path) -> Any:
    """The picture at every whole second."""
    capture = cv2.VideoCapture(str(film))
    rate = int(capture.get(cv2.CAP_PROP_FPS))
    for second in range(-(-int(capture.get(cv2.CAP_PROP_FRAME_COUNT)) // rate)):
        capture.set(cv2.CAP_PROP_POS_FRAMES, second * rate)
        there, picture = capture.read()
        if not there:
            return
        yield cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def published_pixels(picture: np.ndarray, size: int) -> torch.Tensor:
    image = Image.fromarray(picture)
    resized = size * image.width // min(image.size), size * image.height // min(image.size)
    image = image.resize(resized, Image.Resampling.BICUBIC)
    left, top = round((resized[0] - size) / 2), round((resized[1] - size) / 2)
    cut = np.array(image.crop((left, top, left + size, top + size)))
    return normalise(torch.from_numpy(cut).permute(2, 0, 1))


def write_wav(film: Path) -> None:
    samples = np.concatenate(list(read_audio(film)))
    with wave.open(str(film.with_suffix(".wav")), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes((samples * (2**15 - 1)).astype(np.int16).tobytes())


def measure(films: Sequence[Path], model: Any, stored: Any, rounds: int) -> dict[str, list[Taken]]:
    """What all films take, by way and round."""
    random = np.random.default_rng(0)
    frames, size = model.config.frames, model.clip.image_size
    examples = [Example(film.stem, film, (), film.stem) for film in films]
    return take_turns(
        {
            PUBLISHED: lambda: [published(film, frames, size) for film in films],
            FILES: lambda: [read_clip(example, "", model) for example in examples],
            FEATURES: lambda: stored.batch(random.choice(len(stored), len(films), replace=False).tolist()),
        },
        rounds,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()

    on = machine()
    torch.set_num_threads(1)
    results, tables = {}, []
    with tempfile.TemporaryDirectory() as folder:
        model = build_model(Path(folder, "model"), "save", "published", device="meta")
        stored = make_features(Path(folder, "features"), model, max(STORED, asked.clips))
        for key_every in (KEY_EVERY, 50):
            at = Path(folder, f"{key_every}")
            make_films(at, PICTURES["240p"], asked.clips, spoken=False, key_every=key_every)
            films = sorted(at.iterdir())
            for film in films:
                write_wav(film)
            taken = measure(films, model, stored, asked.rounds)
            results[key_every] = {name: list(map(asdict, each)) for name, each in taken.items()}
            title = f"loading, a key frame every {key_every}, median of {asked.rounds} rounds of {asked.clips} clips"
            tables.append((title, compared(taken, "ms a clip", 1000 / asked.clips)))
    tell(on, tables, results, asked.json)


if __name__ == "__main__":
    main()
