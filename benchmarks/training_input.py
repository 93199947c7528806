"""Measures how fast clips are loaded: the published way, ours from the same files, and from stored features.

    python benchmarks/training_input.py
    python benchmarks/training_input.py --clips 32 --rounds 7 --json

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
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from harness import Timing, build_model, comparison_rows, machine, make_features, print_results, take_turns
from hearsight.research.datasets.file_set import read_clip
from hearsight.research.datasets.manifest import Example
from published_pipeline import published, write_wav
from synthetic_films import KEY_EVERY, make_films

SIZE = (320, 240)
TABLE_SIZE = 256  # clips in the table
PUBLISHED, FILES, FEATURES = "published", "ours, from files", "ours, stored features"


def measure(films: Sequence[Path], model: Any, features: Any, rounds: int) -> dict[str, list[Timing]]:
    """Time the loading of all films, by way and round."""
    random = np.random.default_rng(0)
    frames, size = model.config.frames, model.clip.image_size
    examples = [Example(film.stem, film, (), film.stem) for film in films]
    return take_turns(
        {
            PUBLISHED: lambda: [published(film, film.with_suffix(".wav"), frames, size) for film in films],
            FILES: lambda: [read_clip(example, "", model) for example in examples],
            FEATURES: lambda: features.batch(random.choice(len(features), len(films), replace=False).tolist()),
        },
        rounds,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    hardware = machine()
    torch.set_num_threads(1)
    results, tables = {}, []
    with tempfile.TemporaryDirectory() as folder:
        model = build_model(Path(folder, "model"), "save", "published", device="meta")
        features = make_features(Path(folder, "features"), model, max(TABLE_SIZE, options.clips))
        for key_every in (KEY_EVERY, 50):
            films_folder = Path(folder, f"{key_every}")
            make_films(films_folder, SIZE, options.clips, spoken=False, key_every=key_every)
            films = sorted(films_folder.iterdir())
            for film in films:
                write_wav(film, film.with_suffix(".wav"))
            taken = measure(films, model, features, options.rounds)
            results[key_every] = {name: list(map(asdict, each)) for name, each in taken.items()}
            title = (
                f"loading, a key frame every {key_every}, median of {options.rounds} rounds of {options.clips} clips"
            )
            tables.append((title, comparison_rows(taken, "ms a clip", 1000 / options.clips)))
    print_results(hardware, tables, results, options.json)


if __name__ == "__main__":
    main()
