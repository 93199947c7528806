"""Decode the clips of a file: a few pictures of each, and its sound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hearsight.media.audio import Samples, cut_audio
from hearsight.media.frames import read_frames
from hearsight.media.pictures import read_pictures
from hearsight.media.probe import MediaInfo
from hearsight.media.same_picture import reuse_same
from hearsight.types import Clip
from hearsight.util.child_messages import Limits

# Far more than the largest real pictures take (8K, AV1, without a graphics card): a file that takes more is damaged.
SECONDS, SECONDS_PER_SECOND, SECONDS_PER_MEGABYTE = 60.0, 20.0, 1.0
MEMORY = 4 << 30

Picture = NDArray[np.uint8]


def decoding_limits(file: Path, duration: float = 0.0) -> Limits:
    """Return what decoding a file may take. duration: its length in seconds, if it is known."""
    size = 0
    with suppress(OSError):  # whoever opens the file reports it
        size = file.stat().st_size
    return Limits(SECONDS + SECONDS_PER_SECOND * duration + SECONDS_PER_MEGABYTE * size / 2**20, MEMORY)


def decode_clips(
    info: MediaInfo, clips: Sequence[Clip], count: int, rate: int | None, short_side: int | None = None
) -> Iterator[tuple[list[Picture], Samples | None]]:
    """Yield pictures and sound of clips, which are in order. The file is decoded once, forward.

    count: of the pictures (H, W, 3) of a clip, at `Clip.frame_times`; fewer where they cannot be decoded, none for a
    file without video. rate: of the mono sound, in Hz; None for no sound. short_side: see `read_frames`; with it, a
    picture that stands is the same array for all its times (`reuse_same`). An animation has several at its only time.
    """
    sounds: Iterator[Samples | None] = iter([None] * len(clips))
    if rate is not None and info.audio is not None:
        sounds = cut_audio(info.path, clips, rate, info.audio.track)
    pictures: Iterator[list[Picture]] = iter([[]] * len(clips))
    if info.is_picture:
        pictures = (read_pictures(info.path, count, short_side) for _ in clips)
    elif info.video:
        pictures = _cut_pictures(info.path, clips, count, short_side)
    yield from zip(pictures, sounds, strict=True)


def _cut_pictures(path: Path, clips: Sequence[Clip], count: int, short_side: int | None) -> Iterator[list[Picture]]:
    times = [clip.frame_times(count) for clip in clips]
    frames = read_frames(path, [time for clip_times in times for time in clip_times], short_side)
    frames = frames if short_side is None else reuse_same(frames)
    following = next(frames, None)
    for clip_times in times:
        pictures = []
        while following is not None and following[0] <= clip_times[-1]:
            pictures.append(following[1])
            following = next(frames, None)
        yield pictures
