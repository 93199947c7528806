"""Inspect the media files of a data set: can training use their clips, and do these have sound?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.media.audio import cut_audio
from hearsight.media.frames import read_frames
from hearsight.media.probe import MediaInfo, probe
from hearsight.research.datasets.readers.root import is_sound
from hearsight.types import Clip

SILENCE = 1e-4  # of full scale, -80 dB: what is never louder counts as silence
MIN_READABLE = 0.5  # share of a clip's pictures that must be readable
MIN_LENGTH = 0.9  # share of the length that a file claims

Span = tuple[float | None, float | None]  # seconds in a file; None for its beginning and its end


@dataclass(frozen=True)
class Inspection:
    """The state of one clip. fault: why it cannot be used, or "". sound: whether anything is louder than silence."""

    fault: str = ""
    sound: bool = False


def inspect_file(path: Path, spans: Sequence[Span]) -> list[Inspection]:
    """Inspect the clips of one file, which is decoded once: a picture a second, and all of its sound."""
    try:
        info = probe(path)
        if info.duration < MIN_LENGTH * info.claimed_duration:
            fault = f"cut short: {info.duration:.1f} of {info.claimed_duration:.1f} s are present"
            return [Inspection(fault)] * len(spans)
        if info.video is None and not is_sound(path):
            return [Inspection("its pictures cannot be decoded")] * len(spans)
        clips = [Clip(path, start or 0.0, min(end or info.duration, info.duration)) for start, end in spans]
        inside = sorted({clip for clip in clips if clip.duration > 0}, key=lambda clip: clip.start)
        readable, audible = _readable_times(info, inside), _audible_clips(info, inside)
    except HearsightError as error:
        return [Inspection(str(error))] * len(spans)
    return [Inspection(_fault(info, clip, readable), clip in audible) for clip in clips]


def _fault(info: MediaInfo, clip: Clip, readable: set[float]) -> str:
    if clip.duration <= 0:
        return f"it starts at {clip.start:g} s, but the file ends at {info.duration:g} s"
    times = _times(clip)
    count = sum(time in readable for time in times)
    if info.video and count < MIN_READABLE * len(times):
        return f"only {count} of {len(times)} pictures can be decoded"
    return ""


def _times(clip: Clip) -> list[float]:
    return clip.frame_times(ceil(clip.duration) + 1)


def _readable_times(info: MediaInfo, clips: Sequence[Clip]) -> set[float]:
    """Return the times within the clips at which a picture can be decoded."""
    times = sorted({time for clip in clips for time in _times(clip)})
    return {time for time, _ in read_frames(info.path, times)} if info.video else set()


def _audible_clips(info: MediaInfo, clips: Sequence[Clip]) -> set[Clip]:
    """Return the clips with sound above silence."""
    sounds = cut_audio(info.path, clips) if info.audio else iter(())
    return {clip for clip, sound in zip(clips, sounds, strict=False) if abs(sound).max(initial=0.0) > SILENCE}
