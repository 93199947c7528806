"""Read pictures of a video file, once and forward; no more is decoded than they need (packet_selection.py)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from numpy.typing import NDArray

from hearsight.media.colours import to_rgb
from hearsight.media.container import all_frames, open_media, start_time, timed_frames, video_stream
from hearsight.media.packet_selection import can_select, selected_frames
from hearsight.media.pictures import is_picture, read_pictures

# Matroska rounds times to milliseconds: the frame of second 1 may say 1.001.
ROUNDING = 0.0015


def read_frames(
    path: Path, times: Sequence[float], short_side: int | None = None
) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Yield the pictures on screen at these times, in seconds from the start of the file, ascending.

    Yields (time, H x W x 3 RGB picture), upright and with square pixels. short_side: pixels that larger pictures are
    reduced to while they are converted. A picture stands until the next one or, as the last one, until the end of the
    sound; a time before the first frame gets that frame. A picture file is on screen at all times. Yields nothing for a
    file without video. Raises HearsightError if the file cannot be opened.
    """
    if is_picture(path):
        for picture in read_pictures(path, 1, short_side) if times else ():
            yield from ((time, picture) for time in times)
        return
    remaining = iter(times)
    time = next(remaining, None)
    with open_media(path) as container:
        stream = video_stream(container)
        if stream is None or time is None:
            return
        is_first, matrix = True, None
        for frame, until in _on_screen(_timed(stream, _frames_at(container, stream, times))):
            if time >= until:
                continue
            if is_first:
                is_first, matrix = False, display_matrix(frame)
            picture = upright_rgb(frame, stream.sample_aspect_ratio, matrix, short_side)
            while time < until:
                yield time, picture
                time = next(remaining, None)
                if time is None:
                    return


def scan_frames(path: Path, height: int) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Yield the time of every picture and the picture itself, as stored and reduced to a height in pixels."""
    with open_media(path) as container:
        stream = video_stream(container)
        if stream is None:
            return
        for frame, time in _timed(stream, timed_frames(container, all_frames(container, stream))):
            width = max(1, round(frame.width * height / frame.height))
            yield time, to_rgb(frame, width, height)


def display_matrix(frame: Any) -> NDArray[np.int32] | None:
    """Return how a player turns the pictures of a stream; None if it does not.

    Call it for one frame of a stream only: a frame and its side data refer to each other, so that its pixels and the
    threads that converted them stay in memory until Python's next collection of cycles.
    """
    matrix = frame.side_data.get("DISPLAYMATRIX")
    return None if matrix is None else np.frombuffer(bytes(matrix), "=i4")


def upright_rgb(
    frame: Any, pixel_shape: Fraction | None, matrix: NDArray[np.int32] | None, short_side: int | None = None
) -> NDArray[np.uint8]:
    """Return the picture (H x W x 3) as a player shows it.

    pixel_shape: a stored pixel's width over its height. matrix: see `display_matrix`. short_side: see `read_frames`.
    """
    wide = float(pixel_shape or 1)
    width, height = round(frame.width * wide) if 0.25 <= wide <= 4 else frame.width, frame.height
    smaller = 1.0 if short_side is None else min(1.0, short_side / min(width, height))
    picture = to_rgb(frame, round(width * smaller), round(height * smaller))
    return picture if matrix is None else _turn(picture, matrix)


def _turn(picture: NDArray[np.uint8], matrix: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Apply a display matrix: x' = ax + cy, y' = bx + dy. Only quarter turns and mirrors are ever written."""
    a, b, _, c, d = (int(number) for number in matrix[:5])
    across, down = a, d
    if abs(b) > abs(a):
        picture, across, down = picture.swapaxes(0, 1), c, b
    if across < 0:
        picture = picture[:, ::-1]
    if down < 0:
        picture = picture[::-1]
    return np.ascontiguousarray(picture)


def _frames_at(
    container: InputContainer, stream: av.VideoStream, times: Sequence[float]
) -> Iterator[tuple[float | None, Any]]:
    """Yield the frames on screen at these times, among others, with their own times."""
    if not can_select(container):
        return timed_frames(container, all_frames(container, stream))
    start = start_time(container) + ROUNDING
    return timed_frames(container, selected_frames(container, stream, [time + start for time in times]))


def _on_screen(timed: Iterable[tuple[Any, float]]) -> Iterator[tuple[Any, float]]:
    """Yield each frame with the time until which it is on screen."""
    for (frame, _), (_, following) in pairwise(chain(timed, [(None, math.inf)])):
        yield frame, following - ROUNDING


def _timed(stream: av.VideoStream, timed: Iterable[tuple[float | None, Any]]) -> Iterator[tuple[Any, float]]:
    """Yield each frame with its time, always rising: a time that is missing or runs backward is estimated."""
    step = _step(stream)
    last = -step
    for time, frame in timed:
        last = time if time is not None and time > last else last + step
        yield frame, last


def _step(stream: av.VideoStream) -> float:
    """Return the seconds from one frame to the next, as far as the file tells them."""
    rate = stream.average_rate or stream.guessed_rate or 25
    return float(1 / rate)
