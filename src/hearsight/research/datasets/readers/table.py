"""Read a data set of your own: one table, as CSV, JSON lines or Parquet.

Columns: `video` (a path relative to the table) and `caption` or `captions`. Optional columns: `id`, `split` (train,
validation or test, the default), `start` and `end` in seconds, `transcript`, and `group`, the kind of a query. Rows
with the same clip give one clip with several captions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hearsight.errors import HearsightError
from hearsight.media.probe import LONGEST
from hearsight.research.datasets.readers.entry import Entry
from hearsight.research.datasets.readers.parse import lines, rows

SPLITS = ("train", "validation", "test")
BATCH = 256  # rows of Parquet
LONGEST_CAPTION, LONGEST_TRANSCRIPT = 100_000, 4_000_000  # letters
SHOWN = 80  # letters of a value, in a message
COLUMNS_SHOWN = 10


def read(path: Path) -> Iterator[Entry]:
    """Yield the clips of a table, in its order.

    Raises HearsightError for a missing column, an empty caption, a wrong time or split, and two clips with one id.
    """
    clips: dict[str, Entry] = {}
    for source, row in _rows(path):
        entry = _entry(path.parent, source, row)
        first = clips.setdefault(entry.id, entry)
        if first is not entry:
            same = ("split", "path", "start", "end")
            if any(getattr(first, name) != getattr(entry, name) for name in same):
                raise HearsightError(
                    f"{source}: the id {entry.id} is that of another clip ({first.source}); give each clip its own id"
                )
            if first.transcript and entry.transcript and first.transcript != entry.transcript:
                raise HearsightError(f"{source}: {entry.id} has another transcript in {first.source}; give it one")
            transcript = first.transcript or entry.transcript
            clips[entry.id] = replace(first, captions=first.captions + entry.captions, transcript=transcript)
    yield from clips.values()


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    kind = path.suffix.lower()
    if not path.is_file():
        raise HearsightError(f"{path} is not a file; give the table itself")
    if kind == ".csv":
        yield from rows(path)
    elif kind in (".jsonl", ".ndjson"):
        for source, line in lines(path):
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise HearsightError(f"{source} is not JSON ({error}); correct the line") from error
            if not isinstance(row, dict):
                raise HearsightError(f"{source} is not an object with columns; correct the line")
            yield source, row
    elif kind == ".parquet":
        try:
            batches: Iterable[Any] = pq.ParquetFile(path).iter_batches(BATCH)
            for number, row in enumerate((row for batch in batches for row in batch.to_pylist()), start=1):
                yield f"{path}, row {number}", row
        except (OSError, ValueError, pa.ArrowException, MemoryError) as error:
            raise HearsightError(f"cannot read {path} as Parquet ({error}); write the table again") from error
    else:
        raise HearsightError(f"cannot read {path} as a table; give CSV, JSON lines (.jsonl) or Parquet")


def _entry(folder: Path, source: str, row: Mapping[str, Any]) -> Entry:
    if "video" not in row:
        columns = ", ".join(str(name)[:SHOWN] for name in list(row)[:COLUMNS_SHOWN])
        raise HearsightError(f"{source} has no column video, but {columns}; name it so, with commas between columns")
    video = row["video"]
    if not isinstance(video, str) or not video.strip():
        raise HearsightError(f"{source} has no video; give its path")
    transcript = row.get("transcript")
    if not isinstance(transcript, (str, type(None))):
        raise HearsightError(f"{source}: the transcript {_format_value(transcript)} is not text; give what is said")
    if len(transcript or "") > LONGEST_TRANSCRIPT:
        raise HearsightError(f"{source}: the transcript has over {LONGEST_TRANSCRIPT:,} letters; cut it")
    start, end = (_seconds(source, row, name) for name in ("start", "end"))
    if end is not None and end <= (start or 0.0):
        raise HearsightError(f"{source}: end is {end:g}, not after start, {start or 0:g}; correct the times")
    split = row.get("split") or SPLITS[-1]
    if split not in SPLITS:
        raise HearsightError(f"{source}: there is no split {_format_value(split)}; give one of {', '.join(SPLITS)}")
    path = _path(folder, source, video.strip())
    span = "" if start is None and end is None else f" {start or 0:g}-{'' if end is None else format(end, 'g')}"
    kind = str(row.get("group") or "")
    return Entry(
        id=str(row.get("id") or f"{video.strip()}{span}"),
        split=split,
        path=path,
        captions=tuple((kind, text) for text in _captions(source, row)),
        source=source,
        start=start,
        end=end,
        transcript=transcript or None,
    )


def _path(folder: Path, source: str, video: str) -> Path | None:
    """Return the path of a video, one for all ways to spell it; None if there is no such file."""
    try:
        path = (folder / video).resolve()
        return path if path.is_file() else None
    except (OSError, ValueError, RuntimeError) as error:  # too long, with a null, links in a circle
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise HearsightError(f"{source}: the video {_format_value(video)} is no path ({reason}); correct it") from error


def _format_value(value: object) -> str:
    """Return a value as a message can show it."""
    is_short = isinstance(value, str | float | None) or (isinstance(value, int) and abs(value) < 10**SHOWN)
    text = repr(value) if is_short else f"({type(value).__name__})"
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


def _captions(source: str, row: Mapping[str, Any]) -> list[str]:
    captions = row.get("captions") or row.get("caption")
    texts = captions if isinstance(captions, list) else [captions]
    if captions is None or not texts:
        raise HearsightError(f"{source} has no caption; the table needs the column caption, or captions with a list")
    stripped = [text.strip() if isinstance(text, str) else "" for text in texts]
    if not all(stripped):
        raise HearsightError(f"{source} has a caption that is empty or not text; leave it out, or leave the row out")
    if longest := next((text for text in stripped if len(text) > LONGEST_CAPTION), None):
        raise HearsightError(f"{source} has a caption of {len(longest):,} letters; cut it to {LONGEST_CAPTION:,}")
    return stripped


def _seconds(source: str, row: Mapping[str, Any], name: str) -> float | None:
    value = row.get(name)
    if value is None or value == "":
        return None
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise HearsightError(f"{source}: {name} is {_format_value(value)}; give seconds") from error
    if not 0 <= seconds < LONGEST:
        raise HearsightError(f"{source}: {name} is {seconds:g}; give seconds from the start of the file")
    return seconds
