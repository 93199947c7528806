"""Search results as an OpenTimelineIO timeline (.otio), which is JSON.

The schema and its versions are those of OpenTimelineIO 0.17 (opentimelineio.readthedocs.io, "Serialized Data").
"""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from hearsight.library.cut_lists.cuts import TIMELINE_START, Cut, SourceFile, moment_frame, place_cuts, printable, title
from hearsight.library.results import SearchResult


def to_otio(result: SearchResult) -> str:
    """Return a timeline with a track of pictures, where there are any, and one of sound, with the cuts in order.

    Times of a clip count the frames of its file. The line that is said is the clip's marker, at the best moment.
    """
    rate, cuts = place_cuts(result)
    tracks = []
    if any(cut.source.has_video for cut in cuts):
        tracks.append(_track("Video", [_item(cut, cut.source.has_video) for cut in cuts]))
    if any(cut.source.has_audio for cut in cuts) or not tracks:
        tracks.append(_track("Audio", [_item(cut, cut.source.has_audio) for cut in cuts]))
    stack = {"OTIO_SCHEMA": "Stack.1", "name": "tracks", "children": tracks}
    timeline = {
        "OTIO_SCHEMA": "Timeline.1",
        "name": title(result),
        "global_start_time": _time(TIMELINE_START * round(rate), rate),
        "tracks": stack,
    }
    return json.dumps(timeline, indent=2) + "\n"


def _track(kind: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "Track.1", "name": kind, "kind": kind, "children": items}


def _item(cut: Cut, has_media: bool) -> dict[str, Any]:
    """Return a clip or, where the file has no such stream, a gap of the same length, in frames of the file, too."""
    length = cut.last - cut.first
    if not has_media:
        return {"OTIO_SCHEMA": "Gap.1", "source_range": _range(0, length, cut.source.rate)}
    source = cut.source
    marker = {
        "OTIO_SCHEMA": "Marker.2",
        "name": printable(cut.hit.line).strip() or "best moment",
        "color": "GREEN",
        "marked_range": _range(moment_frame(cut), 1, source.rate),
    }
    return {
        "OTIO_SCHEMA": "Clip.2",
        "name": printable(source.video.name),
        "source_range": _range(cut.first, length, source.rate),
        "markers": [marker],
        "media_references": {"DEFAULT_MEDIA": _media(source)},
        "active_media_reference_key": "DEFAULT_MEDIA",
    }


def _media(source: SourceFile) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "ExternalReference.1",
        "target_url": source.video.absolute().as_uri(),
        "available_range": _range(source.start, source.frames, source.rate),
    }


def _range(first: int, length: int, rate: Fraction) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "TimeRange.1", "start_time": _time(first, rate), "duration": _time(length, rate)}


def _time(frames: int, rate: Fraction) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "RationalTime.1", "rate": float(rate), "value": float(frames)}
