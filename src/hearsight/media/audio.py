"""Sound out of a media file, as the towers and recognisers want it: mono, float32, 16 kHz unless asked otherwise.

A chain of generators, each of which can be read alone: frames are decoded, resampled, put at their true
places in time, and gathered. Nothing holds more than a second or two of sound, so a film of two hours takes no
more memory than a clip.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer
from numpy.typing import NDArray

from hearsight.media.container import all_frames, audio_stream, opened, timed_frames
from hearsight.types import Clip

SAMPLE_RATE = 16000

# Smaller gaps between the times of two frames are rounding, larger ones are broken timestamps. In seconds.
LEAST_GAP = 0.1
LARGEST_GAP = 600

Samples = NDArray[np.float32]


def read_audio(path: Path, start: float = 0.0, end: float | None = None, rate: int = SAMPLE_RATE) -> Iterator[Samples]:
    """The sound from start to end (or to the end of the file), in seconds, in blocks of about one second.

    rate: in Hz. Yields mono float32 in [-1, 1]. Where the file has a gap (damaged packets leave one) there is silence,
    so that sample n is heard n / rate seconds after start. Nothing is yielded without an audio stream.
    Raises HearsightError if the file cannot be opened.
    """
    first = round(start * rate)
    last = None if end is None else round(end * rate)
    with opened(path) as container:
        stream = audio_stream(container)
        if stream is not None:
            timed = _resampled(timed_frames(container, all_frames(container, stream)), rate)
            yield from _gathered(_stretch(_in_place(timed, _declared_end(container), rate), first, last), rate)


def cut_audio(path: Path, clips: Sequence[Clip]) -> Iterator[Samples]:
    """The sound of each clip, 16 kHz mono float32, decoded once and forward for all of them.

    Clips are in order of their start. Where one runs past the end of the sound its array is shorter, and empty
    if there is none. Raises HearsightError if the file cannot be opened.
    """
    blocks = read_audio(path)
    held: deque[tuple[int, Samples]] = deque()
    position = 0
    for clip in clips:
        first, last = round(clip.start * SAMPLE_RATE), round(clip.end * SAMPLE_RATE)
        while held and held[0][0] + len(held[0][1]) <= first:
            held.popleft()
        while position < last and (block := next(blocks, None)) is not None:
            if position + len(block) > first:
                held.append((position, block))
            position += len(block)
        pieces = [block[max(first - at, 0) : max(last - at, 0)] for at, block in held]
        yield np.concatenate(pieces) if pieces else np.empty(0, np.float32)


def _resampled(timed: Iterable[tuple[float | None, Any]], rate: int) -> Iterator[tuple[float | None, Samples]]:
    """Each frame in mono at this rate, with its time."""
    resampler, form = None, None
    for time, frame in timed:
        if form != (form := (frame.format.name, frame.layout.name, frame.sample_rate)):
            # Broadcasts change from stereo to surround between programmes; a resampler takes one form only.
            yield None, _samples(resampler, None)
            resampler = av.AudioResampler("flt", "mono", rate)
        yield time, _samples(resampler, frame)
    yield None, _samples(resampler, None)


def _samples(resampler: av.AudioResampler | None, frame: av.AudioFrame | None) -> Samples:
    """What comes out of the resampler when this frame goes in; None takes out what it still holds."""
    try:
        blocks = resampler.resample(frame) if resampler is not None else []
    except (av.FFmpegError, ValueError):
        blocks = []
    arrays = [block.to_ndarray()[0] for block in blocks if block is not None]
    return np.concatenate([np.empty(0, np.float32), *arrays])


def _declared_end(container: InputContainer) -> float:
    """Where the file says that it ends, in seconds; infinity if it does not say."""
    return container.duration / av.time_base if container.duration else math.inf


def _in_place(timed: Iterable[tuple[float | None, Samples]], end: float, rate: int) -> Iterator[Samples]:
    """Blocks that follow each other without a gap from time 0 on: silence is put where the file has none."""
    position = 0
    for time, block in timed:
        gap = 0 if time is None or time > end else round(time * rate) - position
        if LEAST_GAP * rate <= gap <= LARGEST_GAP * rate:
            for at in range(0, gap, rate):
                yield np.zeros(min(rate, gap - at), np.float32)
            position += gap
        yield block
        position += len(block)


def _stretch(blocks: Iterable[Samples], first: int, last: int | None) -> Iterator[Samples]:
    """The samples from first to last, last not included."""
    position = 0
    for block in blocks:
        if last is not None and position >= last:
            return
        piece = block[max(first - position, 0) : None if last is None else last - position]
        if len(piece):
            yield piece
        position += len(block)


def _gathered(blocks: Iterable[Samples], rate: int) -> Iterator[Samples]:
    """The same samples, mended, in blocks of a second or a little more: decoders give out very small ones."""
    waiting: list[Samples] = []
    for block in blocks:
        waiting.append(block)
        if sum(map(len, waiting)) >= rate:
            yield _mended(np.concatenate(waiting))
            waiting.clear()
    if waiting:
        yield _mended(np.concatenate(waiting))


def _mended(samples: Samples) -> Samples:
    """Resampling overshoots, and one sample that is not a number would spoil every vector made from it."""
    return np.nan_to_num(samples, copy=False).clip(-1, 1)
