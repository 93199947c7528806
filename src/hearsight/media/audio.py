"""Read the sound of a media file as the towers and recognisers take it: mono, float32, 16 kHz by default.

A chain of generators, each of which can be read alone: frames are decoded, resampled, put at their true times, and
joined into blocks. Nothing holds more than a second or two of sound, so a film of two hours takes no more memory than
a clip.
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

from hearsight.media.audio_track import audio_stream
from hearsight.media.channels import Polarity
from hearsight.media.container import all_frames, open_media, timed_frames
from hearsight.media.track_choice import TrackChoice
from hearsight.types import Clip

SAMPLE_RATE = 16000

MIN_GAP = 0.1  # seconds; when samples and their times disagree by less, it is rounding
MAX_GAP = 600.0  # seconds, in a file that does not tell its length; longer ones are damage

Samples = NDArray[np.float32]


def read_audio(
    path: Path, start: float = 0.0, end: float | None = None, rate: int = SAMPLE_RATE, track: int | None = None
) -> Iterator[Samples]:
    """Yield the sound from start to end (or to the end of the file), in seconds, in blocks of about one second.

    rate: in Hz. track: its number (`AudioStream.track`); None for what a listener would choose. Yields mono float32 in
    [-1, 1]. Gaps are filled with silence, and samples for which the times leave no room are left out, so that sample n
    is heard n / rate seconds after start. Yields nothing for a file without sound.
    Raises HearsightError if the file cannot be opened.
    """
    first = round(start * rate)
    last = None if end is None else round(end * rate)
    with open_media(path) as container:
        stream = audio_stream(container, path, TrackChoice(track))
        if stream is not None:
            timed = _resample(timed_frames(container, all_frames(container, stream)), rate)
            yield from _join(_slice(_at_their_times(timed, _declared_end(container), rate), first, last), rate)


def cut_audio(
    path: Path, clips: Sequence[Clip], rate: int = SAMPLE_RATE, track: int | None = None
) -> Iterator[Samples]:
    """Yield the sound of each clip, mono float32; the file is decoded once, forward.

    clips: in order of their start. rate, track: as in `read_audio`. The array of a clip that runs past the end of the
    sound is shorter, or empty.
    Raises HearsightError if the file cannot be opened.
    """
    blocks = read_audio(path, rate=rate, track=track)
    held: deque[tuple[int, Samples]] = deque()
    position = 0
    for clip in clips:
        first, last = round(clip.start * rate), round(clip.end * rate)
        while held and held[0][0] + len(held[0][1]) <= first:
            held.popleft()
        while position < last and (block := next(blocks, None)) is not None:
            if position + len(block) > first:
                held.append((position, block))
            position += len(block)
        pieces = [block[max(first - offset, 0) : max(last - offset, 0)] for offset, block in held]
        yield np.concatenate(pieces) if pieces else np.empty(0, np.float32)


def _resample(timed: Iterable[tuple[float | None, Any]], rate: int) -> Iterator[tuple[float | None, Samples]]:
    """Yield each frame in mono at this rate, with its time."""
    resampler, form, polarity = None, None, Polarity()
    for time, frame in timed:
        if form != (form := (frame.format.name, frame.layout.name, frame.sample_rate)):
            # Broadcasts change from stereo to surround between programmes; a resampler takes one form only.
            yield None, _samples(resampler, None)
            resampler = av.AudioResampler("flt", "mono", rate)
        yield time, _samples(resampler, polarity.corrected(frame))
    yield None, _samples(resampler, None)


def _samples(resampler: av.AudioResampler | None, frame: av.AudioFrame | None) -> Samples:
    """Return the resampler's output for a frame; None takes out what the resampler still holds."""
    try:
        blocks = resampler.resample(frame) if resampler is not None else []
    except (av.FFmpegError, ValueError):
        blocks = []
    arrays = [block.to_ndarray()[0] for block in blocks if block is not None]
    return np.concatenate([np.empty(0, np.float32), *arrays])


def _declared_end(container: InputContainer) -> float:
    """Return the length that the file claims, in seconds; infinity if it claims none."""
    return container.duration / av.time_base if container.duration else math.inf


def _at_their_times(timed: Iterable[tuple[float | None, Samples]], end: float, rate: int) -> Iterator[Samples]:
    """Yield blocks that follow each other from time 0 on: gaps are filled, and what there is no room for is left out.

    end: the length of the file, after which no time is right; infinity if it is not known.
    """
    longest = MAX_GAP if end == math.inf else end
    position, latest, offset = 0, -math.inf, 0
    for time, block in timed:
        gap = 0
        if time is not None and time <= end and time != latest:
            expected = round(time * rate)
            if abs(expected - position) < MIN_GAP * rate:
                offset = 0
            elif time < latest:  # recordings that were joined: times begin again
                offset = position - expected
            gap, latest = expected + offset - position, time
        if MIN_GAP * rate <= gap <= longest * rate:
            for start in range(0, gap, rate):
                yield np.zeros(min(rate, gap - start), np.float32)
            position += gap
        elif gap <= -MIN_GAP * rate:
            block = block[-gap:]
        yield block
        position += len(block)


def _slice(blocks: Iterable[Samples], first: int, last: int | None) -> Iterator[Samples]:
    """Yield the samples from first to last, last not included."""
    position = 0
    for block in blocks:
        if last is not None and position >= last:
            return
        piece = block[max(first - position, 0) : None if last is None else last - position]
        if len(piece):
            yield piece
        position += len(block)


def _join(blocks: Iterable[Samples], rate: int) -> Iterator[Samples]:
    """Yield the same samples, repaired, in blocks of a second or a little more: those of decoders are very small."""
    waiting: list[Samples] = []
    for block in blocks:
        waiting.append(block)
        if sum(map(len, waiting)) >= rate:
            yield _repair(np.concatenate(waiting))
            waiting.clear()
    if waiting:
        yield _repair(np.concatenate(waiting))


def _repair(samples: Samples) -> Samples:
    """Clip samples to [-1, 1], as resampling overshoots, and replace NaN, which would spoil all vectors of a clip."""
    return np.nan_to_num(samples, copy=False).clip(-1, 1)
