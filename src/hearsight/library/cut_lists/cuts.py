"""Places the hits of a search as cuts on a timeline, in frames.

A cut is a hit from start to end. Cuts follow each other on a timeline in order of rank. Editing programs count frames,
so times are rounded to the frames of each file, which begin at the timecode that its camera wrote.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.library.cut_lists.timecodes import frame_number, is_drop
from hearsight.library.results import Hit, SearchResult
from hearsight.media.probe import MediaInfo, probe

# Frame rates of editing programs, with their names in FCPXML.
RATES = {
    Fraction(24000, 1001): "23.98",
    Fraction(24): "24",
    Fraction(25): "25",
    Fraction(30000, 1001): "29.97",
    Fraction(30): "30",
    Fraction(48): "48",
    Fraction(50): "50",
    Fraction(60000, 1001): "59.94",
    Fraction(60): "60",
}
RATE_TOLERANCE = 0.01  # relative: the average of a variable rate is a little off
DEFAULT_RATE = Fraction(25)
DEFAULT_SIZE = (1920, 1080)
TIMELINE_START = 3600  # seconds: by custom, timelines begin at one hour

# Characters that an EDL line or an XML document cannot contain, and surrogates from names that are not UTF-8.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class SourceFile:
    """A video file and its length in frames.

    rate: frames a second. info: None if the file cannot be read now. start: the number of its first frame by its own
    timecode, 0 without one. drop: whether that leaves out numbers (timecodes.py).
    """

    video: Path
    info: MediaInfo | None
    rate: Fraction
    frames: int
    start: int = 0
    drop: bool = False

    @property
    def has_video(self) -> bool:
        return self.info is None or self.info.video is not None

    @property
    def has_audio(self) -> bool:
        return self.info is None or self.info.audio is not None


@dataclass(frozen=True)
class Cut:
    """A hit in frames.

    first, last: frames of the source file, by its timecode; last is not included. offset, length: frames of the
    timeline.
    """

    hit: Hit
    source: SourceFile
    first: int
    last: int
    offset: int
    length: int


def place_cuts(result: SearchResult) -> tuple[Fraction, list[Cut]]:
    """Return the timeline's frames a second, and its cuts. Pictures, which have no length, are left out.

    The rate is that of most of what is cut; sounds are counted at it, too. Each file is read once. A file that is
    missing or damaged by now is taken to be as long as its hits.
    """
    hits = [hit for hit in result.hits if not hit.is_picture]
    ends: dict[Path, float] = {}
    for hit in hits:
        ends[hit.video] = max(hit.end, ends.get(hit.video, 0.0))
    infos = {video: _media_info(video) for video in ends}
    rates = {video: rate for video, info in infos.items() if (rate := _frame_rate(info))}
    footage: dict[Fraction, float] = defaultdict(float)
    for hit in hits:
        if hit.video in rates:
            footage[rates[hit.video]] += hit.end - hit.start
    rate = max(footage, key=lambda rate: (footage[rate], rate), default=DEFAULT_RATE)
    sources = {video: _source(video, info, rates.get(video, rate), ends[video]) for video, info in infos.items()}
    return rate, list(_place_hits(hits, sources, rate))


def _source(video: Path, info: MediaInfo | None, rate: Fraction, end: float) -> SourceFile:
    frames = max(1, round((info.duration if info else end) * rate))
    if info is None or info.timecode is None:
        return SourceFile(video, info, rate, frames)
    return SourceFile(video, info, rate, frames, frame_number(info.timecode, rate), is_drop(info.timecode, rate))


def _place_hits(hits: list[Hit], sources: dict[Path, SourceFile], rate: Fraction) -> Iterator[Cut]:
    offset = 0
    for hit in hits:
        source = sources[hit.video]
        first = min(round(hit.start * source.rate), source.frames - 1)
        last = min(max(round(hit.end * source.rate), first + 1), source.frames)
        # Rounded to the timeline's frames, a cut must not run past the end of the file.
        max_length = math.floor((source.frames - first) / source.rate * rate)
        length = max(1, min(round((last - first) / source.rate * rate), max_length))
        yield Cut(hit, source, source.start + first, source.start + last, offset, length)
        offset += length


def moment_frame(cut: Cut) -> int:
    """Return the frame of the source file at the best moment of a hit."""
    return min(max(cut.source.start + round(cut.hit.moment * cut.source.rate), cut.first), cut.last - 1)


def _media_info(video: Path) -> MediaInfo | None:
    try:
        return probe(video)
    except HearsightError:
        return None


def _frame_rate(info: MediaInfo | None) -> Fraction | None:
    """Return a video's frames a second, as a rate that editing programs have; None for slides.

    That is one of which a picture fills a whole number of frames (30 for 10), else the nearest: the rate of phones and
    screen recordings varies, and editing programs take the nearest one, too. Rates above 60 are halved, because a
    timecode counts pairs of such frames.
    """
    rate = info.video.rate if info and info.video else None
    if rate is None or rate < 1:
        return None
    while rate > float(max(RATES)) * (1 + RATE_TOLERANCE):
        rate /= 2
    errors = {standard: _error(float(standard) / rate) for standard in RATES}
    closest = min(RATES, key=lambda standard: (errors[standard], standard))
    if errors[closest] <= RATE_TOLERANCE:
        return closest
    return min(RATES, key=lambda standard: abs(float(standard) - rate))


def _error(frames: float) -> float:
    """Return how far a number of frames is from a whole one, as a share of it."""
    return abs(frames / max(1, round(frames)) - 1)


def largest_picture(cuts: list[Cut]) -> tuple[int, int]:
    """Return the width and height of the largest pictures in a timeline."""
    sizes = [picture_size(cut.source) for cut in cuts if cut.source.info and cut.source.info.video]
    return max(sizes, key=lambda size: size[0] * size[1], default=DEFAULT_SIZE)


def picture_size(source: SourceFile) -> tuple[int, int]:
    video = source.info.video if source.info else None
    return (video.width, video.height) if video else DEFAULT_SIZE


def title(result: SearchResult) -> str:
    return printable(result.query).strip() or "Hearsight"


def printable(text: str) -> str:
    """Return the text in one line, with a space in place of every unprintable character."""
    return UNPRINTABLE.sub(" ", text)
