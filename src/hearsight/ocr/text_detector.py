"""Find where text is in a picture: the detector of PP-OCR, run by ONNX Runtime.

Source: Liao et al., Real-time Scene Text Detection with Differentiable Binarization, AAAI 2020. The constants are those
that RapidOCR uses for PP-OCRv6, but for the size of the picture.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from hearsight.ocr.onnx_session import open_session
from hearsight.ocr.picture_reader import Picture

# Longest side of the picture that is searched, in pixels; the time grows with its area (docs/performance.md).
LONGEST = 1280
STEP = 32  # pixels that both sides are multiples of
PIXEL, REGION = 0.3, 0.5  # the least probability of text, of a pixel and of the mean of a region
GROWTH = 1.6  # the network marks the middle of letters: a region grows by its area, times this, by its outline
SMALLEST, SMALLEST_GROWN = 3, 5  # pixels
MOST_REGIONS = 1000

Quad = NDArray[np.float32]  # (4, 2): the corners of a line in pixels, clockwise from where its first letter begins


class TextDetector:
    """The network in a file."""

    def __init__(self, file: Path) -> None:
        self._session = open_session(file)

    def find(self, picture: Picture) -> list[Quad]:
        """Return the corners of each stretch of text in a picture (H, W, 3), in any order."""
        height, width = picture.shape[:2]
        shrink = min(1.0, LONGEST / max(height, width))
        size = [max(STEP, round(side * shrink / STEP) * STEP) for side in (width, height)]
        likelihood = self._likelihood(cv2.resize(picture, size))
        scale = np.array([width / size[0], height / size[1]], np.float32)
        return [box * scale for box in _boxes(likelihood)]

    def _likelihood(self, picture: Picture) -> NDArray[np.float32]:
        """Return how likely each pixel belongs to text, (H, W)."""
        blue_first = picture[:, :, ::-1].transpose(2, 0, 1).astype(np.float32)
        (maps,) = self._session.run(None, {"x": (blue_first / 127.5 - 1)[None]})
        likelihood: NDArray[np.float32] = maps[0, 0]
        return likelihood


def _boxes(likelihood: NDArray[np.float32]) -> list[Quad]:
    text = cv2.dilate((likelihood > PIXEL).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(text, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    largest = sorted(contours, key=cv2.contourArea, reverse=True)[:MOST_REGIONS]
    boxes = (_grown_box(contour, likelihood) for contour in largest)
    return [box for box in boxes if box is not None]


def _grown_box(contour: NDArray[np.int32], likelihood: NDArray[np.float32]) -> Quad | None:
    """Return the corners of a region, grown to the outline of its letters; None for what is no text."""
    centre, (width, height), angle = cv2.minAreaRect(contour)
    if min(width, height) < SMALLEST:
        return None
    if _mean_inside(likelihood, cv2.boxPoints((centre, (width, height), angle))) < REGION:
        return None
    margin = 2 * width * height * GROWTH / (2 * (width + height))
    if min(width, height) + margin < SMALLEST_GROWN:
        return None
    return in_order(cv2.boxPoints((centre, (width + margin, height + margin), angle)))


def _mean_inside(likelihood: NDArray[np.float32], corners: Quad) -> float:
    height, width = likelihood.shape
    last = width - 1, height - 1
    x_min, y_min = np.floor(corners.min(axis=0)).astype(int).clip(0, last)
    x_max, y_max = np.ceil(corners.max(axis=0)).astype(int).clip(0, last) + 1
    inside = np.zeros((y_max - y_min, x_max - x_min), np.uint8)
    cv2.fillPoly(inside, (corners - (x_min, y_min)).reshape(1, -1, 2).astype(np.int32), 1)
    return float(cv2.mean(likelihood[y_min:y_max, x_min:x_max], inside)[0])


def in_order(corners: Quad) -> Quad:
    """Return four corners clockwise from the upper left one."""
    by_x = sorted(np.asarray(corners, np.float32).tolist())
    top_left, bottom_left = sorted(by_x[:2], key=lambda point: point[1])
    top_right, bottom_right = sorted(by_x[2:], key=lambda point: point[1])
    return np.array([top_left, top_right, bottom_right, bottom_left], np.float32)
