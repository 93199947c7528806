"""Pictures out of a video file: decoded once, forward, and only the wanted ones converted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from functools import lru_cache
from math import ceil
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from numpy.typing import NDArray

from hearsight.media.container import opened, timed_frames, video_stream
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


def read_frames(path: Path, times: Sequence[float]) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """The pictures on screen at these times, in seconds from the start of the file, ascending.

    Yields (time, H x W x 3 RGB picture), upright and with square pixels. Before the first frame that frame is
    given; times after the last readable one are left out. Without video nothing is yielded.
    Raises HearsightError if the file cannot be opened.
    """
    wanted = iter(times)
    time = next(wanted, None)
    with opened(path) as container:
        stream = video_stream(container)
        if stream is None or time is None:
            return
        for frame, until in _on_screen(container, stream):
            if time >= until:
                continue
            picture = upright_rgb(frame, stream.sample_aspect_ratio)
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
        for frame, time in _timed(container, stream):
            width = max(1, round(frame.width * height / frame.height))
            yield time, frame.to_ndarray(format="rgb24", width=width, height=height)


def upright_rgb(frame: Any, pixel_shape: Fraction | None) -> NDArray[np.uint8]:
    """The picture (H x W x 3) as a player shows it; pixel_shape is a stored pixel's width over its height."""
    wide = float(pixel_shape or 1)
    width = round(frame.width * wide) if 0.25 <= wide <= 4 else frame.width
    picture = frame.to_ndarray(format="rgb24", width=width, height=frame.height)
    matrix = frame.side_data.get("DISPLAYMATRIX")
    return picture if matrix is None else _turned(picture, np.frombuffer(matrix, "=i4"))


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


def _on_screen(container: InputContainer, stream: av.VideoStream) -> Iterator[tuple[Any, float]]:
    """Each frame, with the time until which it is on screen."""
    shown, since = None, 0.0
    for frame, time in _timed(container, stream):
        if shown is not None:
            yield shown, time - ROUNDING
        shown, since = frame, time
    if shown is not None:
        lasting = float(shown.duration * shown.time_base) if shown.duration else _step(stream)
        yield shown, since + lasting - ROUNDING


def _timed(container: InputContainer, stream: av.VideoStream) -> Iterator[tuple[Any, float]]:
    """Each frame with its time, always rising: a time that is missing or runs backward is made up."""
    step = _step(stream)
    last = -step
    for time, frame in timed_frames(container, stream):
        last = time if time is not None and time > last else last + step
        yield frame, last


def _step(stream: av.VideoStream) -> float:
    """Seconds from one frame to the next, as far as the file tells."""
    rate = stream.average_rate or stream.guessed_rate or 25
    return float(1 / rate)
