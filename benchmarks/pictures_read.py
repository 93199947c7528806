"""Measures what reading text in pictures costs, and which letters are read.

    python benchmarks/pictures_read.py

Pictures of several kinds are drawn with DejaVu Sans: without text, a title slide, a page of a document, and a screen in
4k full of small text. Then a line is drawn in letters of several heights in a picture of 1080p. Processor time is that
of one thread; the first picture of each kind is not counted.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from harness import machine, print_results

FONT = files("matplotlib").joinpath("mpl-data/fonts/ttf/DejaVuSans.ttf")
SENTENCE = "The quick brown fox jumps over the lazy dog and runs far away from here"
HEIGHTS = (10, 12, 14, 16, 20, 24, 32, 48)  # pixels, of the font


@dataclass(frozen=True)
class Result:
    """What a kind of picture costs. lines: read of those that are written. processor: core-seconds for a picture."""

    picture: str
    pixels: str
    lines: str
    processor: float

    @property
    def row(self) -> dict[str, str]:
        return {
            "picture": self.picture,
            "pixels": self.pixels,
            "lines read": self.lines,
            "core-seconds": f"{self.processor:.2f}",
        }


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3, help="pictures of each kind that are counted")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments)
    from hearsight.ocr.load import load_reader

    reader = load_reader("rapidocr")
    kinds = [
        ("without text", 1920, 1080, [], 40),
        ("title slide", 1920, 1080, ["Budget 2024", "Revenue grows by 12 percent", "Costs stay the same"], 80),
        ("page of 20 lines", 1920, 1080, [f"{number} {SENTENCE}" for number in range(20)], 30),
        ("4k screen of 60 lines", 3840, 2160, [f"{number} {SENTENCE}" for number in range(60)], 22),
    ]
    results = [measure(reader, *kind, options.repeat) for kind in kinds]
    for height in HEIGHTS:
        results.append(measure(reader, f"letters of {height} pixels", 1920, 1080, [SENTENCE], height, 1))
    table = "Reading text in pictures", [result.row for result in results]
    print_results(machine(), [table], [asdict(result) for result in results], options.json)


def measure(reader: Any, kind: str, width: int, height: int, lines: Sequence[str], size: int, repeat: int) -> Result:
    from hearsight.library.indexing.texts import SHORT_SIDE

    smaller = min(1.0, SHORT_SIDE / min(width, height))
    image = draw(width, height, lines, size)
    reduced = image.resize((round(width * smaller), round(height * smaller)), Image.Resampling.BICUBIC)
    picture = np.asarray(reduced)
    texts = {line.text for line in reader.read(picture)}
    begun = time.process_time()
    for _ in range(repeat):
        reader.read(picture)
    processor = (time.process_time() - begun) / repeat
    return Result(kind, f"{width} x {height}", f"{len(texts & set(lines))} of {len(lines)}", processor)


def draw(width: int, height: int, lines: Sequence[str], size: int) -> Image.Image:
    image = Image.new("RGB", (width, height), (238, 238, 232))
    pen, font = ImageDraw.Draw(image), ImageFont.truetype(str(FONT), size)
    for number, line in enumerate(lines):
        pen.text((width // 16, height // 16 + 1.4 * size * number), line, fill=(25, 25, 60), font=font)
    return image


if __name__ == "__main__":
    main()
