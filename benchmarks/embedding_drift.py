"""Measures how far the fast paths of indexing move embeddings from those of float32 and full-size pictures.

    python benchmarks/embedding_drift.py
    python benchmarks/embedding_drift.py --films ~/Videos --json

The bundled demo model on its clips, and a SAVE model of CLIP ViT-B/32 and AST-base with random weights on films made on
the spot (or both models on the files of a folder), with subtitles where there are any. For every clip, the cosine of
its pooled vector with that of the reference, and for every frame that of its own vector: the least, and the mean.
Beside it, how near the pooled vectors of different clips are: a cosine says little where all are similar.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness import machine, make_model, print_results
from synthetic_films import make_films, parse_film_options

SIZES = {"240p": (320, 240), "1080p": (1920, 1080)}
# Which precision, and whether pictures are made smaller as they are decoded.
WAYS = {"as indexed": ("auto", True), "bfloat16": ("bfloat16", False), "smaller pictures": ("float32", True)}


@dataclass(frozen=True)
class Bound:
    """Cosines with the reference. between: the mean of those of all pairs of different clips."""

    model: str
    films: str
    way: str
    clips: int
    pooled_least: float
    pooled_mean: float
    frames_least: float
    frames_mean: float
    between: float


def measure(model: str | Path, films: Sequence[Path], name: str) -> list[Bound]:
    import numpy as np

    pooled, frames = vectors(model, films, "float32", False)
    each = pooled @ pooled.T
    between = (each.sum() - np.trace(each)) / max(1, each.size - len(each))
    bounds = []
    for way, (dtype, smaller) in WAYS.items():
        moved_pooled, moved_frames = vectors(model, films, dtype, smaller)
        cosines_of_both = [
            (np.asarray(a) * b).sum(axis=-1) for a, b in ((pooled, moved_pooled), (frames, moved_frames))
        ]
        figures = [float(value) for cosines in cosines_of_both for value in (cosines.min(), cosines.mean())]
        bounds.append(Bound(Path(model).name, name, way, len(pooled), *figures, between=float(between)))
    return bounds


def vectors(model: str | Path, films: Sequence[Path], dtype: str, smaller: bool) -> tuple[Any, Any]:
    """Return unit pooled vectors (clips, D) and the vectors of all real frames (frames, D)."""
    import numpy as np
    import torch

    import hearsight
    from hearsight.library.indexing.read import picture_size
    from hearsight.media.probe import probe
    from hearsight.media.segments import cut
    from hearsight.models.preprocess import collate, read_clips
    from hearsight.speech.transcribe import transcribe

    loaded = hearsight.load(model, dtype=dtype)
    pooled, frames = [], []
    for film in films:
        info = probe(film)
        transcript = transcribe(info, None)
        size = picture_size(loaded) if smaller else None
        for inputs, _ in read_clips(info, cut(info), transcript, loaded, size):
            with torch.inference_mode():
                video = loaded.encode_video(**vars(collate([inputs])))
            pooled.append(torch.nn.functional.normalize(video.pooled[0], dim=-1).numpy())
            frames.append(video.frames[video.mask].numpy())
    return np.stack(pooled), np.concatenate(frames)


def main() -> None:
    options = parse_film_options(__doc__, clips=6)
    hardware = machine()
    fresh = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), max_tasks_per_child=1)
    with fresh, tempfile.TemporaryDirectory() as folder:
        large = Path(folder, "ViT-B-32 and AST-base")
        fresh.submit(make_model, large, "save", "published").result()
        if options.films is not None:
            films = sorted(path for path in options.films.iterdir() if path.is_file())
            sets = [(model, films, options.films.resolve().name) for model in ("demo", large)]
        else:
            from hearsight.cli.demo import CLIPS

            sets = [("demo", sorted(CLIPS.glob("*.mp4")), "its clips")]
            for name, size in SIZES.items():
                fresh.submit(make_films, Path(folder, name), size, options.clips, spoken=False).result()
                sets.append((large, sorted(Path(folder, name).iterdir()), name))
        bounds = []
        for each in sets:
            bounds += fresh.submit(measure, *each).result()
            print(*bounds[-len(WAYS) :], sep="\n", file=sys.stderr)

    rows = [
        {
            name.replace("_", ", "): value if isinstance(value, str) else f"{value:.5f}".rstrip("0").rstrip(".")
            for name, value in asdict(bound).items()
        }
        for bound in bounds
    ]
    print_results(hardware, [("cosine with float32 and full pictures", rows)], list(map(asdict, bounds)), options.json)


if __name__ == "__main__":
    main()
