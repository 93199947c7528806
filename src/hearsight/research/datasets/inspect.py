"""One look at a file of a data set, with the eyes and ears of training: can its clips be used?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.media import cut_audio, frame_times, probe, read_frames
from hearsight.media.probe import MediaInfo
from hearsight.research.datasets.readers.root import is_sound
from hearsight.types import Clip

QUIET = 1e-4  # of full scale: -80 dB; what is never louder is silence
LEAST = 0.5  # of a clip's pictures, that have to be readable
CUT_SHORT = 0.9  # of the length that a file claims

Span = tuple[float | None, float | None]  # seconds in a file; None for its beginning, and for its end


@dataclass(frozen=True)
class Look:
    """fault: why a clip cannot be used, "" where it can. sound: whether anything is to be heard."""

    fault: str = ""
    sound: bool = False


def look_at(path: Path, spans: Sequence[Span]) -> list[Look]:
    """What is found of the clips of one file. It is decoded once: a picture a second, and all sound."""
    try:
        info = probe(path)
        if info.duration < CUT_SHORT * info.claimed:
            return [Look(f"cut short: {info.duration:.1f} of {info.claimed:.1f} s are there")] * len(spans)
        if info.video is None and not is_sound(path):
            return [Look("its pictures cannot be decoded")] * len(spans)
        clips = [Clip(path, start or 0.0, min(end or info.duration, info.duration)) for start, end in spans]
        inside = sorted({clip for clip in clips if clip.duration > 0}, key=lambda clip: clip.start)
        seen, heard = _seen(info, inside), _heard(info, inside)
    except HearsightError as error:
        return [Look(str(error))] * len(spans)
    return [Look(_fault(info, clip, seen), clip in heard) for clip in clips]


def _fault(info: MediaInfo, clip: Clip, seen: set[float]) -> str:
    if clip.duration <= 0:
        return f"it starts at {clip.start:g} s, but the file ends at {info.duration:g} s"
    times = _times(clip)
    found = sum(time in seen for time in times)
    if info.video and found < LEAST * len(times):
        return f"only {found} of {len(times)} pictures can be decoded"
    return ""


def _times(clip: Clip) -> list[float]:
    return frame_times(clip, ceil(clip.duration) + 1)


def _seen(info: MediaInfo, clips: Sequence[Clip]) -> set[float]:
    """The times of the clips whose pictures can be decoded."""
    wanted = sorted({time for clip in clips for time in _times(clip)})
    return {time for time, _ in read_frames(info.path, wanted)} if info.video else set()


def _heard(info: MediaInfo, clips: Sequence[Clip]) -> set[Clip]:
    """The clips with sound above silence."""
    sounds = cut_audio(info.path, clips) if info.audio else iter(())
    return {clip for clip, sound in zip(clips, sounds, strict=False) if abs(sound).max(initial=0.0) > QUIET}
