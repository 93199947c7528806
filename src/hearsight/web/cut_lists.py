"""Search results as files for spreadsheets (CSV) and for video editing programs (EDL, FCPXML).

A cut is a hit's clip from start to end. Cuts follow each other on a timeline in order of rank. Editing programs count
frames, so times are rounded to the frames of each file. A timecode stored in a file is ignored: its first frame is 0.
"""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from hearsight.errors import HearsightError
from hearsight.library.results import Hit, SearchResult
from hearsight.media import MediaInfo, probe

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
MAX_TITLE_LENGTH = 70

# Characters that an EDL line or an XML document cannot contain, and surrogates from names that are not UTF-8.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class SourceFile:
    """A video file and its length in frames. rate: frames a second. info: None if the file cannot be read now."""

    video: Path
    info: MediaInfo | None
    rate: Fraction
    frames: int

    @property
    def has_video(self) -> bool:
        return self.info is None or self.info.video is not None

    @property
    def has_audio(self) -> bool:
        return self.info is None or self.info.audio is not None


@dataclass(frozen=True)
class Cut:
    """A hit in frames.

    first, last: frames of the source file; last is not included. offset, length: frames of the timeline.
    """

    hit: Hit
    source: SourceFile
    first: int
    last: int
    offset: int
    length: int


def to_csv(result: SearchResult) -> str:
    """Return a table with a row for each hit and the columns of the JSON.

    Texts that a spreadsheet would take for a formula begin with an apostrophe.
    """
    hits: list[dict[str, Any]] = result.to_dict()["hits"]
    columns = list(hits[0]) if hits else [field.name for field in fields(Hit)]
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(columns)
    writer.writerows([_cell(hit[column]) for column in columns] for hit in hits)
    return table.getvalue()


def to_edl(result: SearchResult) -> str:
    """Return a CMX 3600 edit decision list with an event for each hit, without drop frames.

    Source times count the file's own frames, record times those of the timeline. An M2 line follows where they differ.
    """
    rate, cuts = place_cuts(result)
    lines = [f"TITLE: {_title(result)[:MAX_TITLE_LENGTH]}", "FCM: NON-DROP FRAME"]
    for number, cut in enumerate(cuts, 1):
        source = cut.source
        channels = "B" if source.has_video and source.has_audio else "V" if source.has_video else "A"
        source_in, source_out = timecode(cut.first, source.rate), timecode(cut.last, source.rate)
        offset = TIMELINE_START * round(rate) + cut.offset
        times = f"{source_in} {source_out} {timecode(offset, rate)} {timecode(offset + cut.length, rate)}"
        lines += ["", f"{number:03}  AX       {channels:5} C        {times}"]
        if source.rate != rate:
            lines.append(f"M2   AX       {float(source.rate):05.1f}                {source_in}")
        lines.append(f"* FROM CLIP NAME: {printable(source.video.name)}")
        lines.append(f"* SOURCE FILE: {printable(str(source.video))}")
        if line := printable(cut.hit.line).strip():
            lines.append(f"* COMMENT: {line}")
    return "\n".join(lines) + "\n"


def to_fcpxml(result: SearchResult) -> str:
    """Return an FCPXML 1.10 project with the clips in order.

    The line that is said is a note of the clip, and the value of a marker at the best moment. Names of attributes and
    the order of elements follow Apple's document type definition of this version.
    """
    rate, cuts = place_cuts(result)
    sources = list(dict.fromkeys(cut.source for cut in cuts))
    size = next((_size(source) for source in sources if source.info and source.info.video), DEFAULT_SIZE)
    root = ElementTree.Element("fcpxml", version="1.10")
    resources = ElementTree.SubElement(root, "resources")
    formats = {(rate, *size): "r1"}
    for source in sources:
        if source.has_video:
            formats.setdefault((source.rate, *_size(source)), f"r{len(formats) + 1}")
    for (frame_rate, width, height), id in formats.items():
        ElementTree.SubElement(
            resources, "format", id=id, frameDuration=seconds(1 / frame_rate), width=str(width), height=str(height)
        )
    assets = {source.video: f"a{number}" for number, source in enumerate(sources, 1)}
    for source in sources:
        asset = ElementTree.SubElement(resources, "asset", _asset(source, formats), id=assets[source.video])
        ElementTree.SubElement(asset, "media-rep", kind="original-media", src=source.video.absolute().as_uri())
    event = ElementTree.SubElement(ElementTree.SubElement(root, "library"), "event", name="Hearsight")
    project = ElementTree.SubElement(event, "project", name=_title(result))
    total = sum(cut.length for cut in cuts) / rate
    sequence = ElementTree.SubElement(
        project, "sequence", format="r1", duration=seconds(total), tcStart="0s", tcFormat="NDF"
    )
    spine = ElementTree.SubElement(sequence, "spine")
    for cut in cuts:
        _add_clip(spine, cut, rate, assets[cut.source.video], _title(result))
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n{text}\n'


def place_cuts(result: SearchResult) -> tuple[Fraction, list[Cut]]:
    """Return the timeline's frames a second, and its cuts.

    The rate is the highest of the videos, or the next higher rate of editing programs; sounds are counted at it, too.
    Each file is read once. A file that is missing or damaged by now is taken to be as long as its hits.
    """
    ends: dict[Path, float] = {}
    for hit in result.hits:
        ends[hit.video] = max(hit.end, ends.get(hit.video, 0.0))
    infos = {video: _media_info(video) for video in ends}
    rates = {video: rate for video, info in infos.items() if (rate := _frame_rate(info))}
    highest = max(rates.values(), default=DEFAULT_RATE)
    rate = highest if highest in RATES else next(rate for rate in RATES if rate >= max(highest, DEFAULT_RATE))
    sources = {}
    for video, info in infos.items():
        source_rate = rates.get(video, rate)
        frames = max(1, round((info.duration if info else ends[video]) * source_rate))
        sources[video] = SourceFile(video, info, source_rate, frames)
    return rate, list(_place_hits(result.hits, sources, rate))


def _place_hits(hits: list[Hit], sources: dict[Path, SourceFile], rate: Fraction) -> Iterator[Cut]:
    offset = 0
    for hit in hits:
        source = sources[hit.video]
        first = min(round(hit.start * source.rate), source.frames - 1)
        last = min(max(round(hit.end * source.rate), first + 1), source.frames)
        # Rounded to the timeline's frames, a cut must not run past the end of the file.
        max_length = math.floor((source.frames - first) / source.rate * rate)
        length = max(1, min(round((last - first) / source.rate * rate), max_length))
        yield Cut(hit, source, first, last, offset, length)
        offset += length


def _media_info(video: Path) -> MediaInfo | None:
    try:
        return probe(video)
    except HearsightError:
        return None


def _frame_rate(info: MediaInfo | None) -> Fraction | None:
    """Return a video's frames a second. Rates above 60 are halved, because a timecode counts pairs of such frames."""
    rate = info.video.rate if info and info.video else None
    if rate is None or rate < 1:
        return None
    while rate > float(max(RATES)) * (1 + RATE_TOLERANCE):
        rate /= 2
    nearest = min(RATES, key=lambda standard: abs(float(standard) - rate))
    return nearest if abs(float(nearest) / rate - 1) <= RATE_TOLERANCE else Fraction(rate).limit_denominator(1000)


def _size(source: SourceFile) -> tuple[int, int]:
    video = source.info.video if source.info else None
    return (video.width, video.height) if video else DEFAULT_SIZE


def timecode(frames: int, rate: Fraction) -> str:
    """Return hours:minutes:seconds:frames. A second has as many frames as the rounded rate."""
    clock, remainder = divmod(frames, max(1, round(rate)))
    return f"{clock // 3600:02}:{clock // 60 % 60:02}:{clock % 60:02}:{remainder:02}"


def seconds(time: Fraction) -> str:
    """Return a time in FCPXML's notation: 1001/30000s, or 5s."""
    return f"{time}s"


def _asset(source: SourceFile, formats: dict[tuple[Fraction, int, int], str]) -> dict[str, str]:
    values = {"name": printable(source.video.name), "start": "0s", "duration": seconds(source.frames / source.rate)}
    if source.has_video:
        values |= {"hasVideo": "1", "format": formats[source.rate, *_size(source)]}
    if source.has_audio:
        values |= {"hasAudio": "1", "audioSources": "1"}
    if source.info and source.info.audio:
        values |= {"audioChannels": str(source.info.audio.channels), "audioRate": str(source.info.audio.rate)}
    return values


def _add_clip(spine: ElementTree.Element, cut: Cut, rate: Fraction, asset: str, title: str) -> None:
    source, line = cut.source, printable(cut.hit.line).strip()
    clip = ElementTree.SubElement(
        spine,
        "asset-clip",
        ref=asset,
        name=printable(source.video.name),
        offset=seconds(cut.offset / rate),
        start=seconds(cut.first / source.rate),
        duration=seconds(cut.length / rate),
        tcFormat="NDF",
    )
    if line:
        ElementTree.SubElement(clip, "note").text = line
    if source.has_video and source.rate != rate and source.rate in RATES:
        # Else frames would be shown at the timeline's rate, and the video would play too fast.
        ElementTree.SubElement(clip, "conform-rate", scaleEnabled="0", srcFrameRate=RATES[source.rate])
    moment = min(max(round(cut.hit.moment * source.rate), cut.first), cut.last - 1)
    ElementTree.SubElement(
        clip, "marker", start=seconds(moment / source.rate), duration=seconds(1 / rate), value=line or title
    )


def _title(result: SearchResult) -> str:
    return printable(result.query).strip() or "Hearsight"


def printable(text: str) -> str:
    """Return the text in one line, with a space in place of every unprintable character."""
    return UNPRINTABLE.sub(" ", text)


def _cell(value: Any) -> Any:
    """Return a value as a cell. Numbers may begin with a minus sign, which does not make them a formula."""
    if isinstance(value, dict | list):
        return json.dumps(value)
    if not isinstance(value, str):
        return value
    text = value.encode(errors="replace").decode()
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
