"""Cut a media file into clips, the unit of retrieval."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Literal

from hearsight.errors import HearsightError
from hearsight.media.frames import scan_frames
from hearsight.media.probe import MediaInfo
from hearsight.types import Clip
from hearsight.util.extras import install_command

# A rest shorter than this part of a window is too short for a clip of its own: it joins the window before.
MIN_REST = 1 / 3
SHORTEST_SHOT = 1.0
SCAN_HEIGHT = 144


def cut(info: MediaInfo, by: Literal["window", "shots", "file"] = "window", seconds: float = 15.0) -> list[Clip]:
    """Cut a file into clips that cover it without gap or overlap, in order.

    by "window": clips of that many seconds; a last one shorter than a third of that joins the one before.
    by "shots": at the cuts of the film (needs the extra [shots]), shots longer than a window in windows; a
    file without video is cut in windows. by "file": one clip. A picture is one clip of 0 seconds, always.
    Raises HearsightError if the extra is missing or an argument makes no sense.
    """
    if not seconds > 0:
        raise HearsightError(f"cannot cut clips of {seconds} s: give a length above 0")
    if by == "file" or info.is_picture:
        bounds = [0.0, info.duration]
    elif by == "window" or (by == "shots" and info.video is None):
        bounds = windows(0.0, info.duration, seconds)
    elif by == "shots":
        bounds = _shot_bounds(info, seconds)
    else:
        raise HearsightError(f'cannot cut by "{by}": choose window, shots or file')
    return [Clip(info.path, start, end) for start, end in pairwise(bounds)]


def windows(start: float, end: float, seconds: float) -> list[float]:
    """Return the bounds of windows that cover start to end: [start, start + seconds, ..., end]."""
    full, rest = divmod(end - start, seconds)
    count = max(1, int(full) + (rest >= MIN_REST * seconds))
    return [*(start + i * seconds for i in range(count)), end]


def _shot_bounds(info: MediaInfo, seconds: float) -> list[float]:
    cuts = [time for time in _find_cuts(info.path) if 0 < time < info.duration]
    bounds = [0.0]
    for start, end in pairwise([0.0, *cuts, info.duration]):
        bounds += windows(start, end, seconds)[1:]
    return bounds


def _find_cuts(path: Path) -> Iterator[float]:
    """Yield the times, in seconds, at which a new shot begins.

    PySceneDetect finds the cuts in pictures of our own decoder, which reads more files and has the clips' own times.
    """
    try:
        from scenedetect import AdaptiveDetector, FrameTimecode
    except ImportError as error:
        raise HearsightError(
            f"cannot cut by shots: PySceneDetect is not installed; install it: {install_command('shots')}"
        ) from error
    detector = AdaptiveDetector(min_scene_len=SHORTEST_SHOT)
    for time, picture in scan_frames(path, SCAN_HEIGHT):
        # At 1000 frames a second the detector counts in milliseconds, whatever the rate of the video.
        blue_first = picture[:, :, ::-1].copy()
        for cut in detector.process_frame(FrameTimecode(max(time, 0.0), fps=1000.0), blue_first):
            yield cut.seconds
