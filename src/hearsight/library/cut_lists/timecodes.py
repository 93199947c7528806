"""Timecodes: the numbers of frames as cameras and editing programs write them, hours:minutes:seconds:frames.

A second has as many frames as the rounded rate. With drop frames, at 29.97 and 59.94 frames a second, the first numbers
of every minute but each tenth are left out, so that the timecode keeps up with the clock (SMPTE 12M).
"""

from __future__ import annotations

import re
from fractions import Fraction

MINUTES = 60
DROP_MARK = re.compile("[;.]")


def timecode(frames: int, rate: Fraction, drop: bool = False) -> str:
    """Return the timecode of a frame, with ";" before the frames if numbers are dropped."""
    per_second = max(1, round(rate))
    if drop:
        dropped = _dropped_a_minute(per_second)
        tens, rest = divmod(frames, per_second * 600 - 9 * dropped)
        frames += 9 * dropped * tens + dropped * max(0, (rest - dropped) // (per_second * MINUTES - dropped))
    clock, remainder = divmod(frames, per_second)
    mark = ";" if drop else ":"
    return f"{clock // 3600:02}:{clock // 60 % 60:02}:{clock % 60:02}{mark}{remainder:02}"


def frame_number(timecode: str, rate: Fraction) -> int:
    """Return the number of the frame that has a timecode, at a rate."""
    hours, minutes, seconds, frames = map(int, re.split("[:;.]", timecode))
    per_second = max(1, round(rate))
    total_minutes = hours * MINUTES + minutes
    number = (total_minutes * 60 + seconds) * per_second + frames
    if is_drop(timecode, rate):
        number -= _dropped_a_minute(per_second) * (total_minutes - total_minutes // 10)
    return number


def is_drop(timecode: str, rate: Fraction) -> bool:
    """Return whether a timecode leaves out numbers, which only those of 29.97 and 59.94 frames a second do."""
    return bool(DROP_MARK.search(timecode)) and round(rate) % 30 == 0 and rate.denominator != 1


def _dropped_a_minute(per_second: int) -> int:
    return per_second // 15
