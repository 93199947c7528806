"""Recognise what is written in the picture of one line: PP-OCR's networks, run by ONNX Runtime.

Sources: Li et al., PP-OCRv3, arXiv:2206.03001; Graves et al., Connectionist Temporal Classification, ICML 2006.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hearsight.ocr.onnx_session import open_session
from hearsight.ocr.picture_reader import Picture

HEIGHT = 48  # pixels that lines are scaled to
NARROWEST, WIDEST = 320, 2400  # of the pictures that the network gets
DIRECTION_WIDTH = 192
BATCH = 6  # lines; all are as wide as the longest
UPSIDE_DOWN = 0.9  # the probability from which on a line is read upside down, too
TURNED_MARGIN = 0.1  # by which it has to be more probable then
BLANK = 0  # the class for no character


class TextRecogniser:
    """The networks for the direction of a line and for its characters. The file of the latter has its alphabet."""

    def __init__(self, direction: Path, characters: Path) -> None:
        self._direction, self._characters = open_session(direction), open_session(characters)
        alphabet = self._characters.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._alphabet = ["", *alphabet, " "]

    def recognise(self, lines: Sequence[Picture]) -> list[tuple[str, float]]:
        """Return the text of each line's picture (h, w, 3), and the mean probability of its characters.

        A line that seems to be upside down is read both ways: the network takes figures for upside down that are not.
        """
        texts = self._read(lines)
        doubtful = self._find_upside_down(lines)
        turned = self._read([np.ascontiguousarray(lines[number][::-1, ::-1]) for number in doubtful])
        for number, text in zip(doubtful, turned, strict=True):
            if text[1] > texts[number][1] + TURNED_MARGIN:
                texts[number] = text
        return texts

    def _find_upside_down(self, lines: Sequence[Picture]) -> list[int]:
        """Return the numbers of the lines that seem to be upside down."""
        numbers = list[int]()
        for first in range(0, len(lines), BATCH):
            batch = _batch(lines[first : first + BATCH], DIRECTION_WIDTH)
            (likelihoods,) = self._direction.run(None, {"x": batch})
            numbers += (first + np.flatnonzero(likelihoods[:, 1] > UPSIDE_DOWN)).tolist()
        return numbers

    def _read(self, lines: Sequence[Picture]) -> list[tuple[str, float]]:
        texts = [("", 0.0)] * len(lines)
        by_width = sorted(range(len(lines)), key=lambda number: aspect(lines[number]))
        for first in range(0, len(lines), BATCH):
            numbers = by_width[first : first + BATCH]
            widest = ceil(HEIGHT * aspect(lines[numbers[-1]]))
            batch = _batch([lines[number] for number in numbers], min(max(widest, NARROWEST), WIDEST))
            (likelihoods,) = self._characters.run(None, {"x": batch})
            for number, likelihood in zip(numbers, likelihoods, strict=True):
                texts[number] = self._decode(likelihood)
        return texts

    def _decode(self, likelihood: NDArray[Any]) -> tuple[str, float]:
        """Return the text of a line by the likelihood of each class at each step, (T, C)."""
        best = likelihood.argmax(axis=1)
        counts = (best != BLANK) & (np.diff(best, prepend=BLANK) != 0)
        text = "".join(self._alphabet[index] for index in best[counts])
        return text.strip(), float(likelihood.max(axis=1)[counts].mean()) if counts.any() else 0.0


def aspect(line: Picture) -> float:
    """Return the width of a line's picture in units of its height."""
    height, width = line.shape[:2]
    return float(width / height)


def _batch(lines: Sequence[Picture], width: int) -> NDArray[np.float32]:
    """Return lines as an input of a network, (B, 3, HEIGHT, width): scaled to its height, grey behind their ends."""
    batch = np.zeros((len(lines), 3, HEIGHT, width), np.float32)
    for row, line in zip(batch, _scaled(lines, width), strict=True):
        row[:, :, : line.shape[1]] = line[:, :, ::-1].transpose(2, 0, 1) / np.float32(127.5) - 1
    return batch


def _scaled(lines: Sequence[Picture], widest: int) -> Iterator[Picture]:
    for line in lines:
        yield cv2.resize(line, (min(max(1, ceil(HEIGHT * aspect(line))), widest), HEIGHT))
