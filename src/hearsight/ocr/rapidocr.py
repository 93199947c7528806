"""Read text in pictures with the networks of PP-OCRv6, which the package rapidocr contains (Apache-2.0).

https://github.com/RapidAI/RapidOCR. They read Latin, Chinese, Japanese and Greek letters. Only the package's files are
read: of its code, which can download models and writes a log to the terminal, nothing is loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from itertools import accumulate
from math import log2
from pathlib import Path

import cv2
import numpy as np

from hearsight.errors import HearsightError
from hearsight.ocr.picture_reader import Picture, TextLine
from hearsight.ocr.text_detector import Quad, TextDetector
from hearsight.ocr.text_recogniser import TextRecogniser, aspect
from hearsight.util.extras import install_command

FILES = DETECTOR, DIRECTION, CHARACTERS = (
    "PP-OCRv6_det_small.onnx",
    "ch_ppocr_mobile_v2.0_cls_mobile.onnx",
    "PP-OCRv6_rec_small.onnx",
)
# The largest lines of a picture are read: so many, and together so many times as long as they are high. These are some
# 1,500 letters, and five seconds of a core; a 4k screen may have ten times as many.
MOST_LINES, MOST_LENGTH = 60, 500.0
SIZES_AN_OCTAVE = 4  # sizes of letters that are told apart; lines of one size are read from the top
# Leaves, windows and icons look like one letter, or like text of little confidence (docs/performance.md).
MIN_CONFIDENCE, MIN_LETTERS = 0.8, 2
UPRIGHT = 1.5  # a line that is so many times higher than wide is written upwards or downwards


def model_folder() -> Path | None:
    """Return the folder of the networks in the package rapidocr; None without the package or the networks."""
    spec = find_spec("rapidocr")  # which imports nothing
    folders = [Path(folder) / "models" for folder in spec.submodule_search_locations or ()] if spec else []
    return next((folder for folder in folders if all((folder / name).is_file() for name in FILES)), None)


class RapidOcr:
    """A `PictureReader` with the networks of the package rapidocr."""

    name = "rapidocr"
    fingerprint = "PP-OCRv6-small-1"  # the number counts changes of this file and of what it imports

    def __init__(self) -> None:
        """Raise HearsightError without the package, or if it has other networks."""
        folder = model_folder()
        if folder is None:
            raise HearsightError(
                "cannot read text in pictures: the package rapidocr with PP-OCRv6 is not installed; install it: "
                f"{install_command('ocr')}; or index with --no-read"
            )
        self._detector = TextDetector(folder / DETECTOR)
        self._recogniser = TextRecogniser(folder / DIRECTION, folder / CHARACTERS)

    def read(self, picture: Picture) -> Sequence[TextLine]:
        """Implement `PictureReader`. Of a picture that is full of text, the largest lines are read."""
        height, width = picture.shape[:2]
        pairs = [(box, _cut_out(picture, box)) for box in self._detector.find(picture)]
        pairs = _largest([(box, line) for box, line in pairs if min(line.shape) > 0])
        texts = self._recogniser.recognise([line for _, line in pairs])
        lines = [
            TextLine(text, confidence, _outline(box, width, height))
            for (box, _), (text, confidence) in zip(pairs, texts, strict=True)
            if confidence >= MIN_CONFIDENCE and sum(map(str.isalnum, text)) >= MIN_LETTERS
        ]
        return in_reading_order(lines)


def _cut_out(picture: Picture, box: Quad) -> Picture:
    """Return the part of a picture in a box, turned so that its text runs from left to right, or upside down."""
    width, height = (round(float(np.linalg.norm(box[0] - corner))) for corner in (box[1], box[3]))
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(box, corners)
    line: Picture = cv2.warpPerspective(
        picture, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.ascontiguousarray(np.rot90(line)) if height >= UPRIGHT * width else line


def _largest(pairs: Sequence[tuple[Quad, Picture]]) -> list[tuple[Quad, Picture]]:
    """Return the largest lines of a picture, by height, as many as shall be read."""

    def size_and_top(pair: tuple[Quad, Picture]) -> tuple[float, float]:
        box, line = pair
        return -round(SIZES_AN_OCTAVE * log2(line.shape[0])), float(box[:, 1].min())

    by_size = sorted(pairs, key=size_and_top)[:MOST_LINES]
    lengths = accumulate(aspect(line) for _, line in by_size)
    return [pair for pair, length in zip(by_size, lengths, strict=True) if length <= MOST_LENGTH]


def _outline(box: Quad, width: int, height: int) -> tuple[float, float, float, float]:
    corners = np.concatenate([box.min(axis=0), box.max(axis=0)]) / (width, height, width, height)
    x_min, y_min, x_max, y_max = corners.clip(0, 1).round(4).tolist()
    return x_min, y_min, x_max, y_max


def in_reading_order(lines: Sequence[TextLine]) -> list[TextLine]:
    """Return lines from top to bottom; those that overlap half of the first one's height, from left to right."""
    rows: list[list[TextLine]] = []
    for line in sorted(lines, key=lambda line: (line.box[1] + line.box[3], line.box[0])):
        middle = (line.box[1] + line.box[3]) / 2
        if rows and middle <= rows[-1][0].box[3]:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.box[0])]
