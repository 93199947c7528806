"""What was found, for spreadsheets and for the programs that films are cut with: CSV, EDL, FCPXML.

A cut is a hit's clip, from start to end, one after the other in the order of rank. Editing programs count frames, so
times are put on the frames of each file. A file's own timecode, where it has one, is not known here: its first frame
counts as zero.
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

# Frames a second that editing programs know, by the names that FCPXML has for them.
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
SLACK = 0.01  # of a rate: variable ones are, on average, a little off
NO_FILM = Fraction(25)
NO_SIZE = (1920, 1080)
FIRST_HOUR = 3600  # seconds: where a programme begins by custom
LONGEST_TITLE = 70

# Codes that no line of an EDL and no XML document can hold; halves of characters too, from names that are no UTF-8.
UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True)
class Source:
    """A file as it is counted: frames, so many a second. info: None where it cannot be read now."""

    video: Path
    info: MediaInfo | None
    rate: Fraction
    frames: int

    @property
    def seen(self) -> bool:
        return self.info is None or self.info.video is not None

    @property
    def heard(self) -> bool:
        return self.info is None or self.info.audio is not None


@dataclass(frozen=True)
class Cut:
    """A hit in frames: first and last (not included) of its source, at and length on the programme."""

    hit: Hit
    source: Source
    first: int
    last: int
    at: int
    length: int


def csv_of(result: SearchResult) -> str:
    """A row a hit, the columns as in JSON. No cell is a formula to a spreadsheet: an apostrophe is put before it."""
    hits: list[dict[str, Any]] = result.to_dict()["hits"]
    columns = list(hits[0]) if hits else [field.name for field in fields(Hit)]
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(columns)
    rows.writerows([_cell(hit[column]) for column in columns] for hit in hits)
    return written.getvalue()


def edl_of(result: SearchResult) -> str:
    """CMX 3600: an event a hit, without drop frames.

    A file's times count its own frames, those of the programme as `cuts` says; an M2 line tells where they differ.
    """
    rate, found = cuts(result)
    lines = [f"TITLE: {_title(result)[:LONGEST_TITLE]}", "FCM: NON-DROP FRAME"]
    for number, cut in enumerate(found, 1):
        source = cut.source
        channels = "B" if source.seen and source.heard else "V" if source.seen else "A"
        begin = timecode(cut.first, source.rate)
        at = FIRST_HOUR * round(rate) + cut.at
        times = f"{begin} {timecode(cut.last, source.rate)} {timecode(at, rate)} {timecode(at + cut.length, rate)}"
        lines += ["", f"{number:03}  AX       {channels:5} C        {times}"]
        if source.rate != rate:
            lines.append(f"M2   AX       {float(source.rate):05.1f}                {begin}")
        lines.append(f"* FROM CLIP NAME: {plain(source.video.name)}")
        lines.append(f"* SOURCE FILE: {plain(str(source.video))}")
        if line := plain(cut.hit.line).strip():
            lines.append(f"* COMMENT: {line}")
    return "\n".join(lines) + "\n"


def fcpxml_of(result: SearchResult) -> str:
    """FCPXML 1.10: a project with the clips in order. What is said is a note, and a marker at the best moment.

    Source: Apple's document type definition of that version, by which attributes are named and elements are in order.
    """
    rate, found = cuts(result)
    sources = list(dict.fromkeys(cut.source for cut in found))
    size = next((_size(source) for source in sources if source.info and source.info.video), NO_SIZE)
    root = ElementTree.Element("fcpxml", version="1.10")
    resources = ElementTree.SubElement(root, "resources")
    formats = {(rate, *size): "r1"}
    for source in sources:
        if source.seen:
            formats.setdefault((source.rate, *_size(source)), f"r{len(formats) + 1}")
    for (frames, width, height), id in formats.items():
        lasting = seconds(1 / frames)
        ElementTree.SubElement(resources, "format", id=id, frameDuration=lasting, width=str(width), height=str(height))
    assets = {source.video: f"a{number}" for number, source in enumerate(sources, 1)}
    for source in sources:
        asset = ElementTree.SubElement(resources, "asset", _asset(source, formats), id=assets[source.video])
        ElementTree.SubElement(asset, "media-rep", kind="original-media", src=source.video.absolute().as_uri())
    event = ElementTree.SubElement(ElementTree.SubElement(root, "library"), "event", name="Hearsight")
    project = ElementTree.SubElement(event, "project", name=_title(result))
    total = sum(cut.length for cut in found) / rate
    sequence = ElementTree.SubElement(
        project, "sequence", format="r1", duration=seconds(total), tcStart="0s", tcFormat="NDF"
    )
    spine = ElementTree.SubElement(sequence, "spine")
    for cut in found:
        _add_clip(spine, cut, rate, assets[cut.source.video], _title(result))
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n{text}\n'


def cuts(result: SearchResult) -> tuple[Fraction, list[Cut]]:
    """The programme's frames a second, and its cuts.

    Its rate is the highest of the films', or the next one that editing programs know; sounds are counted at that, too.
    Each file is looked at once; one that is gone, or damaged since, is taken to be as long as its hits say.
    """
    ends: dict[Path, float] = {}
    for hit in result.hits:
        ends[hit.video] = max(hit.end, ends.get(hit.video, 0.0))
    infos = {video: _probed(video) for video in ends}
    rates = {video: rate for video, info in infos.items() if (rate := _rate(info))}
    highest = max(rates.values(), default=NO_FILM)
    rate = highest if highest in RATES else next(known for known in RATES if known >= max(highest, NO_FILM))
    sources = {}
    for video, info in infos.items():
        own = rates.get(video, rate)
        sources[video] = Source(video, info, own, max(1, round((info.duration if info else ends[video]) * own)))
    return rate, list(_one_after_the_other(result.hits, sources, rate))


def _one_after_the_other(hits: list[Hit], sources: dict[Path, Source], rate: Fraction) -> Iterator[Cut]:
    at = 0
    for hit in hits:
        source = sources[hit.video]
        first = min(round(hit.start * source.rate), source.frames - 1)
        last = min(max(round(hit.end * source.rate), first + 1), source.frames)
        # No longer than the file goes on, though another rate's frames end elsewhere.
        longest = math.floor((source.frames - first) / source.rate * rate)
        length = max(1, min(round((last - first) / source.rate * rate), longest))
        yield Cut(hit, source, first, last, at, length)
        at += length


def _probed(video: Path) -> MediaInfo | None:
    try:
        return probe(video)
    except HearsightError:
        return None


def _rate(info: MediaInfo | None) -> Fraction | None:
    """A film's frames a second; above 60 pairs are counted, as timecode does."""
    rate = info.video.rate if info and info.video else None
    if rate is None or rate < 1:
        return None
    while rate > float(max(RATES)) * (1 + SLACK):
        rate /= 2
    nearest = min(RATES, key=lambda known: abs(float(known) - rate))
    return nearest if abs(float(nearest) / rate - 1) <= SLACK else Fraction(rate).limit_denominator(1000)


def _size(source: Source) -> tuple[int, int]:
    video = source.info.video if source.info else None
    return (video.width, video.height) if video else NO_SIZE


def timecode(frames: int, rate: Fraction) -> str:
    """hours:minutes:seconds:frames, with as many frames to a second as the rate has when it is rounded."""
    whole = max(1, round(rate))
    clock, left = divmod(frames, whole)
    return f"{clock // 3600:02}:{clock // 60 % 60:02}:{clock % 60:02}:{left:02}"


def seconds(time: Fraction) -> str:
    """A time as FCPXML writes it: 1001/30000s, or 5s."""
    return f"{time}s"


def _asset(source: Source, formats: dict[tuple[Fraction, int, int], str]) -> dict[str, str]:
    values = {"name": plain(source.video.name), "start": "0s", "duration": seconds(source.frames / source.rate)}
    if source.seen:
        values |= {"hasVideo": "1", "format": formats[source.rate, *_size(source)]}
    if source.heard:
        values |= {"hasAudio": "1", "audioSources": "1"}
    if source.info and source.info.audio:
        values |= {"audioChannels": str(source.info.audio.channels), "audioRate": str(source.info.audio.rate)}
    return values


def _add_clip(spine: ElementTree.Element, cut: Cut, rate: Fraction, asset: str, title: str) -> None:
    source, line = cut.source, plain(cut.hit.line).strip()
    clip = ElementTree.SubElement(
        spine,
        "asset-clip",
        ref=asset,
        name=plain(source.video.name),
        offset=seconds(cut.at / rate),
        start=seconds(cut.first / source.rate),
        duration=seconds(cut.length / rate),
        tcFormat="NDF",
    )
    if line:
        ElementTree.SubElement(clip, "note").text = line
    if source.seen and source.rate != rate and source.rate in RATES:
        # Else frames would be shown at the programme's rate, and the film would run faster.
        ElementTree.SubElement(clip, "conform-rate", scaleEnabled="0", srcFrameRate=RATES[source.rate])
    moment = min(max(round(cut.hit.moment * source.rate), cut.first), cut.last - 1)
    ElementTree.SubElement(
        clip, "marker", start=seconds(moment / source.rate), duration=seconds(1 / rate), value=line or title
    )


def _title(result: SearchResult) -> str:
    return plain(result.query).strip() or "Hearsight"


def plain(text: str) -> str:
    """In one line, without codes that are no characters: a space is put for each."""
    return UNPRINTABLE.sub(" ", text)


def _cell(value: Any) -> Any:
    """A value as a cell. Numbers may begin with a minus: they are no formula."""
    if isinstance(value, dict | list):
        return json.dumps(value)
    if not isinstance(value, str):
        return value
    text = value.encode(errors="replace").decode()
    return f"'{text}" if text.startswith(FORMULA) else text
