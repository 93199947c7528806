"""What is known of one clip. An id of no clip, or of one that is no more, gives None, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from hearsight.library.results import ClipDetails
from hearsight.library.search.explain import known_gates
from hearsight.library.search.view import Place
from hearsight.library.tables.schema import Video, among, video_of
from hearsight.types import Line

DETAILS = ["start", "end", "has_speech", "has_sound", "gates", "thumbnail"]


def video(place: Place, clip: str) -> Video | None:
    """The video that it is of."""
    return place.store.recent().videos.get(video_of(clip) or "")


def row(place: Place, clip: str, columns: Sequence[str]) -> pa.Table:
    """Its row."""
    return place.store.rows(among("id", [clip] if video(place, clip) else []), columns)


def details(place: Place, clip: str) -> ClipDetails | None:
    whole, rows = video(place, clip), row(place, clip, DETAILS).to_pylist()
    if whole is None or not rows:
        return None
    path, known = Path(whole.path), rows[0]
    return ClipDetails(
        library=place.name,
        clip=clip,
        path=path,
        video=place.folder / path,
        start=known["start"],
        end=known["end"],
        duration=whole.duration,
        has_speech=known["has_speech"],
        has_sound=known["has_sound"],
        has_picture=known["thumbnail"] is not None,
        gates=known_gates(known["gates"]),
        language=whole.language,
        transcript_source=whole.transcript_source,
    )


def lines(place: Place, clip: str, around: float) -> list[Line]:
    """What is said in it, and in so many seconds before and after it."""
    whole = video(place, clip)
    rows = place.store.rows(among("video", [whole.id] if whole else []), ["id", "start", "end", "lines"]).to_pylist()
    here = next((row for row in rows if row["id"] == clip), None)
    if here is None:
        return []
    first, last = here["start"] - around, here["end"] + around
    said = {Line(**line) for row in rows for line in row["lines"] or []}  # one may reach into two clips
    return sorted((line for line in said if first < line.end and line.start < last), key=lambda line: line.start)


def thumbnail(place: Place, clip: str) -> bytes | None:
    """A picture of it as JPEG; None for one without pictures, too."""
    pictures: list[bytes | None] = row(place, clip, ["thumbnail"])["thumbnail"].to_pylist()
    return pictures[0] if pictures else None
