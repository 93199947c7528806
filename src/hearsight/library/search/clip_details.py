"""Reads what a library holds about one clip.

Every function raises ClipNotFoundError for an id that is not in the library.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from hearsight.library.results import ClipDetails, ClipNotFoundError, MarkedLine, Transcript
from hearsight.library.search.evidence import marked_words
from hearsight.library.search.explain import branch_gates
from hearsight.library.search.question import Question
from hearsight.library.search.view import Searchable
from hearsight.library.tables.schema import Video, id_condition, video_of
from hearsight.library.tables.snapshot import Snapshot
from hearsight.library.words.stems import stemming_language
from hearsight.types import Line

DETAILS = ["start", "end", "has_speech", "has_sound", "gates", "thumbnail"]


def video_row(library: Searchable, clip: str, snapshot: Snapshot | None = None) -> Video:
    """Return the row of a clip's video, as of a snapshot; None for a recent one."""
    video = (snapshot or library.store.recent_snapshot()).videos.get(video_of(clip) or "")
    if video is None:
        raise _not_found(clip)
    return video


def clip_row(library: Searchable, clip: str, columns: Sequence[str]) -> pa.Table:
    """Return these columns of a clip's row, as a table of one row."""
    video_row(library, clip)
    table = library.store.rows(id_condition("id", [clip]), columns)
    if not len(table):
        raise _not_found(clip)
    return table


def details(library: Searchable, clip: str) -> ClipDetails:
    """Return a clip's times and properties, and those of its video."""
    video = video_row(library, clip)
    [row] = clip_row(library, clip, DETAILS).slice(0, 1).to_pylist()
    path = Path(video.path)
    return ClipDetails(
        library=library.name,
        clip=clip,
        path=path,
        video=library.folder / path,
        start=row["start"],
        end=row["end"],
        duration=video.duration,
        has_speech=row["has_speech"],
        has_sound=row["has_sound"],
        has_picture=row["thumbnail"] is not None,
        gates=branch_gates(row["gates"]),
        language=video.language,
        transcript_source=video.transcript_source,
    )


def transcript(library: Searchable, clip: str, query: str | None, around: float) -> Transcript:
    """Return what is said in a clip and `around` seconds before and after it, with the query's words marked."""
    video = video_row(library, clip)
    rows = library.store.rows(id_condition("video", [video.id]), ["id", "start", "end", "lines"]).to_pylist()
    row = next((row for row in rows if row["id"] == clip), None)
    if row is None:
        raise _not_found(clip)
    first, last = row["start"] - around, row["end"] + around
    lines = {Line(**line) for row in rows for line in row["lines"] or []}  # a set, as a line may belong to two clips
    lines_around = (line for line in lines if first < line.end and line.start < last)
    question = Question.parse(query) if query and query.strip() else None
    language = stemming_language(video.language)
    marked = [
        MarkedLine(line.start, line.end, line.text, marked_words(question, line.text, language) if question else [])
        for line in sorted(lines_around, key=lambda line: line.start)
    ]
    return Transcript(video.transcript_source, video.language, marked)


def thumbnail(library: Searchable, clip: str) -> bytes | None:
    """Return a picture of a clip as JPEG; None if it has no pictures."""
    picture: bytes | None = clip_row(library, clip, ["thumbnail"])["thumbnail"][0].as_py()
    return picture


def _not_found(clip: str) -> ClipNotFoundError:
    return ClipNotFoundError(f"no clip {clip!r} in the library; it may have been removed since, search again")
