"""Search results as an FCPXML project, for Final Cut Pro and DaVinci Resolve."""

from __future__ import annotations

from fractions import Fraction
from xml.etree import ElementTree

from hearsight.library.cut_lists.cuts import (
    RATES,
    Cut,
    SourceFile,
    largest_picture,
    moment_frame,
    picture_size,
    place_cuts,
    printable,
    title,
)
from hearsight.library.results import SearchResult


def to_fcpxml(result: SearchResult) -> str:
    """Return an FCPXML 1.10 project with the clips in order.

    The line that is said is a note of the clip, and the value of a marker at the best moment. Names of attributes and
    the order of elements follow Apple's document type definition of this version.
    """
    rate, cuts = place_cuts(result)
    sources = list(dict.fromkeys(cut.source for cut in cuts))
    size = largest_picture(cuts)
    root = ElementTree.Element("fcpxml", version="1.10")
    resources = ElementTree.SubElement(root, "resources")
    formats = {(rate, *size): "r1"}
    for source in sources:
        if source.has_video:
            formats.setdefault((source.rate, *picture_size(source)), f"r{len(formats) + 1}")
    for (frame_rate, width, height), id in formats.items():
        ElementTree.SubElement(
            resources, "format", id=id, frameDuration=seconds(1 / frame_rate), width=str(width), height=str(height)
        )
    assets = {source.video: f"a{number}" for number, source in enumerate(sources, 1)}
    for source in sources:
        asset = ElementTree.SubElement(resources, "asset", _asset(source, formats), id=assets[source.video])
        ElementTree.SubElement(asset, "media-rep", kind="original-media", src=source.video.absolute().as_uri())
    event = ElementTree.SubElement(ElementTree.SubElement(root, "library"), "event", name="Hearsight")
    project = ElementTree.SubElement(event, "project", name=title(result))
    total = sum(cut.length for cut in cuts) / rate
    sequence = ElementTree.SubElement(
        project, "sequence", format="r1", duration=seconds(total), tcStart="0s", tcFormat="NDF"
    )
    spine = ElementTree.SubElement(sequence, "spine")
    for cut in cuts:
        _add_clip(spine, cut, rate, assets[cut.source.video], title(result))
    ElementTree.indent(root)
    text = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n{text}\n'


def seconds(time: Fraction) -> str:
    """Return a time in FCPXML's notation: 1001/30000s, or 5s."""
    return f"{time}s"


def _asset(source: SourceFile, formats: dict[tuple[Fraction, int, int], str]) -> dict[str, str]:
    values = {
        "name": printable(source.video.name),
        "start": seconds(source.start / source.rate),
        "duration": seconds(source.frames / source.rate),
    }
    if source.has_video:
        values |= {"hasVideo": "1", "format": formats[source.rate, *picture_size(source)]}
    if source.has_audio:
        values |= {"hasAudio": "1", "audioSources": "1"}
    if source.info and source.info.audio:
        values |= {"audioChannels": str(source.info.audio.channels), "audioRate": str(source.info.audio.rate)}
    return values


def _add_clip(spine: ElementTree.Element, cut: Cut, rate: Fraction, asset: str, default_marker: str) -> None:
    source, line = cut.source, printable(cut.hit.line).strip()
    clip = ElementTree.SubElement(
        spine,
        "asset-clip",
        ref=asset,
        name=printable(source.video.name),
        offset=seconds(cut.offset / rate),
        start=seconds(cut.first / source.rate),
        duration=seconds(cut.length / rate),
        tcFormat="DF" if source.drop else "NDF",
    )
    if line:
        ElementTree.SubElement(clip, "note").text = line
    if source.has_video and source.rate != rate:
        # Else frames would be shown at the timeline's rate, and the video would play too fast.
        ElementTree.SubElement(clip, "conform-rate", scaleEnabled="0", srcFrameRate=RATES[source.rate])
    ElementTree.SubElement(
        clip,
        "marker",
        start=seconds(moment_frame(cut) / source.rate),
        duration=seconds(1 / rate),
        value=line or default_marker,
    )
