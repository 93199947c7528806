"""Pictures out of a video file: read once, forward; no more is decoded than the wanted ones need (needed.py)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from math import ceil
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from numpy.typing import NDArray

from hearsight.media.container import all_frames, opened, origin, timed_frames, video_stream
from hearsight.media.frame_selection import all_have_times, needed_frames
from hearsight.types import Clip

# Matroska rounds times to milliseconds: the frame of second 1 may say 1.001.
ROUNDING = 0.0015
LITTLE = 1e-6  # seconds: 7.3 - 4.3 is a little more than 3


def frame_times(clip: Clip, count: int) -> list[float]:
    """When to look: at every whole second of the clip, then at most `count` of these, spread evenly."""
    return [clip.start + second for second in _spread(max(1, ceil(clip.duration - LITTLE)), count)]


@lru_cache
def _spread(seconds: int, count: int) -> Sequence[int]:
    """At most `count` of so many seconds."""
    if seconds <= count:
        return range(seconds)
    chosen: list[int] = np.linspace(0, seconds - 1, count).astype(int).tolist()
    return chosen


def read_frames(
    path: Path, times: Sequence[float], short_side: int | None = None
) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """The pictures on screen at these times, in seconds from the start of the file, ascending.

    Yields (time, H x W x 3 RGB picture), upright and with square pixels. short_side: larger pictures are made so small,
    in pixels, where they are converted anyway. Before the first frame that frame is given; times after the last
    readable one are left out. Without video nothing is yielded. Raises HearsightError if the file cannot be opened.
    """
    wanted = iter(times)
    time = next(wanted, None)
    with opened(path) as container:
        stream = video_stream(container)
        if stream is None or time is None:
            return
        asked, matrix = False, None
        for frame, until in _on_screen(_timed(stream, _frames_at(container, stream, times)), _step(stream)):
            if time >= until:
                continue
            if not asked:
                asked, matrix = True, display_matrix(frame)
            picture = upright_rgb(frame, stream.sample_aspect_ratio, matrix, short_side)
            while time < until:
                yield time, picture
                time = next(wanted, None)
                if time is None:
                    return


def scan_frames(path: Path, height: int) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Every picture, small (height pixels high) and as stored, with its time: for a look at what changes."""
    with opened(path) as container:
        stream = video_stream(container)
        if stream is None:
            return
        for frame, time in _timed(stream, timed_frames(container, all_frames(container, stream))):
            width = max(1, round(frame.width * height / frame.height))
            yield time, frame.to_ndarray(format="rgb24", width=width, height=height)


def display_matrix(frame: Any) -> NDArray[np.int32] | None:
    """How a player turns the pictures of a stream; None where it does not.

    To be asked of one frame of a stream: a frame and its side data hold each other, with its pixels and the threads
    that converted them, until Python next looks for such pairs.
    """
    matrix = frame.side_data.get("DISPLAYMATRIX")
    return None if matrix is None else np.frombuffer(bytes(matrix), "=i4")


def upright_rgb(
    frame: Any, pixel_shape: Fraction | None, matrix: NDArray[np.int32] | None, short_side: int | None = None
) -> NDArray[np.uint8]:
    """The picture (H x W x 3) as a player shows it; pixel_shape is a stored pixel's width over its height.

    matrix: see `display_matrix`. short_side: see `read_frames`.
    """
    wide = float(pixel_shape or 1)
    width, height = round(frame.width * wide) if 0.25 <= wide <= 4 else frame.width, frame.height
    smaller = 1.0 if short_side is None else min(1.0, short_side / min(width, height))
    picture = frame.to_ndarray(format="rgb24", width=round(width * smaller), height=round(height * smaller))
    return picture if matrix is None else _turned(picture, matrix)


def _turned(picture: NDArray[np.uint8], matrix: NDArray[np.int32]) -> NDArray[np.uint8]:
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
    """The frames on screen at these times, among others, with their own times."""
    if not all_have_times(container):
        return timed_frames(container, all_frames(container, stream))
    start = origin(container) + ROUNDING
    return timed_frames(container, needed_frames(container, stream, [time + start for time in times]))


def _on_screen(timed: Iterable[tuple[Any, float]], step: float) -> Iterator[tuple[Any, float]]:
    """Each frame, with the time until which it is on screen. step: as long lasts the last one if it does not tell."""
    shown, since = None, 0.0
    for frame, time in timed:
        if shown is not None:
            yield shown, time - ROUNDING
        shown, since = frame, time
    if shown is not None:
        lasting = float(shown.duration * shown.time_base) if shown.duration else step
        yield shown, since + lasting - ROUNDING


def _timed(stream: av.VideoStream, timed: Iterable[tuple[float | None, Any]]) -> Iterator[tuple[Any, float]]:
    """Each frame with its time, always rising: a time that is missing or runs backward is made up."""
    step = _step(stream)
    last = -step
    for time, frame in timed:
        last = time if time is not None and time > last else last + step
        yield frame, last


def _step(stream: av.VideoStream) -> float:
    """Seconds from one frame to the next, as far as the file tells."""
    rate = stream.average_rate or stream.guessed_rate or 25
    return float(1 / rate)
