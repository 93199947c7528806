"""Measures reading a clip, from a file to the inputs of a model: decoding, resizing, the filterbank.

    python benchmarks/decoding.py
    python benchmarks/decoding.py --films ~/Videos --json

Films of 15 s, one clip each, H.264 pictures that move and AAC sound, made on the spot in three sizes, or the files of a
folder, cut as `hearsight index` cuts them. Read as it reads them, for SAVE at the sizes of CLIP ViT-B/32 and AST-base,
without a recogniser. Processor time, so it does not matter how many threads decode.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from harness import machine, make_model, print_results
from synthetic_films import make_films, parse_film_options

SIZES = {"240p": (320, 240), "720p": (1280, 720), "1080p": (1920, 1080)}
ROUNDS = 3


@dataclass(frozen=True)
class Cost:
    """The core-seconds of a clip, in each round."""

    films: str
    clips: int
    rounds: list[float]

    @property
    def row(self) -> dict[str, str]:
        least, most = min(self.rounds), max(self.rounds)
        return {
            "films": self.films,
            "clips": str(self.clips),
            "core-seconds a clip": f"{median(self.rounds):.2f}",
            "from - to": f"{least:.2f} - {most:.2f}",
        }


def measure(name: str, films: Sequence[Path], model: Any) -> Cost:
    rounds = []
    for _ in range(ROUNDS + 1):  # the first does not count
        begun = time.process_time()
        clips = sum(read(film, model) for film in films)
        rounds.append((time.process_time() - begun) / clips)
    return Cost(name, clips, rounds[1:])


def read(film: Path, model: Any) -> int:
    """Read all clips of a film, and return their number."""
    from hearsight.library.indexing.read import picture_size
    from hearsight.media.probe import probe
    from hearsight.media.segments import cut
    from hearsight.models.preprocess import read_clips
    from hearsight.speech.transcribe import transcribe

    info = probe(film)
    return sum(1 for _ in read_clips(info, cut(info), transcribe(info, None), model, picture_size(model)))


def main() -> None:
    options = parse_film_options(__doc__, clips=8)
    import hearsight

    hardware = machine()
    with tempfile.TemporaryDirectory() as folder:
        make_model(Path(folder, "model"), "save", "published")
        model = hearsight.load(Path(folder, "model"))
        if options.films is not None:
            films = sorted(path for path in options.films.iterdir() if path.is_file())
            costs = [measure(options.films.resolve().name, films, model)]
        else:
            costs = []
            for name, size in SIZES.items():
                make_films(Path(folder, name), size, options.clips, spoken=False)
                costs.append(measure(name, sorted(Path(folder, name).iterdir()), model))
    print_results(hardware, [("reading", [cost.row for cost in costs])], [asdict(cost) for cost in costs], options.json)


if __name__ == "__main__":
    main()
