"""A data set of anyone's own: one table, as CSV, JSON lines or Parquet.

Columns: `video` (a path, relative to the table), `caption` or `captions`, and, where wanted, `id`, `split` (train,
validation, test; else test), `start` and `end` in seconds, `transcript`, and `group`, the kind of a query. Rows of one
clip are one clip with several captions.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from hearsight.errors import HearsightError
from hearsight.research.datasets.readers.entry import Entry
from hearsight.research.datasets.readers.parse import lines, rows

SPLITS = ("train", "validation", "test")
AT_ONCE = 10_000  # rows of Parquet


def read(path: Path) -> Iterator[Entry]:
    """The clips of a table, in its order.

    Raises HearsightError for a missing column, an empty caption, a wrong time or split, and for one id of two clips.
    """
    clips: dict[str, Entry] = {}
    for where, row in _rows(path):
        entry = _entry(path.parent, where, row)
        known = clips.setdefault(entry.id, entry)
        if known is not entry:
            same = ("split", "path", "start", "end")
            if any(getattr(known, name) != getattr(entry, name) for name in same):
                raise HearsightError(
                    f"{where}: the id {entry.id} is of another clip ({known.source}); give each its own"
                )
            if known.transcript and entry.transcript and known.transcript != entry.transcript:
                raise HearsightError(f"{where}: {entry.id} has another transcript in {known.source}; give it one")
            said = known.transcript or entry.transcript
            clips[entry.id] = replace(known, captions=known.captions + entry.captions, transcript=said)
    yield from clips.values()


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    kind = path.suffix.lower()
    if not path.is_file():
        raise HearsightError(f"{path} is no file; give the table itself")
    if kind == ".csv":
        yield from rows(path)
    elif kind in (".jsonl", ".ndjson"):
        for where, line in lines(path):
            try:
                row = json.loads(line)
            except ValueError as error:
                raise HearsightError(f"{where} is no JSON ({error})") from error
            if not isinstance(row, dict):
                raise HearsightError(f"{where} is no object with columns")
            yield where, row
    elif kind == ".parquet":
        try:
            batches: Iterable[Any] = pq.ParquetFile(path).iter_batches(AT_ONCE)
            for number, row in enumerate((row for batch in batches for row in batch.to_pylist()), start=1):
                yield f"{path}, row {number}", row
        except (OSError, ValueError) as error:
            raise HearsightError(f"cannot read {path} as Parquet ({error})") from error
    else:
        raise HearsightError(f"cannot read {path} as a table; give CSV, JSON lines (.jsonl) or Parquet")


def _entry(at: Path, where: str, row: Mapping[str, Any]) -> Entry:
    if "video" not in row:
        columns = ", ".join(str(name) for name in row)
        raise HearsightError(f"{where} has no column video, but {columns}; name it so, with commas between columns")
    video = row["video"]
    if not isinstance(video, str) or not video.strip():
        raise HearsightError(f"{where} has no video; give its path")
    said = row.get("transcript")
    if not isinstance(said, (str, type(None))):
        raise HearsightError(f"{where}: the transcript {said!r} is no text; give what is said")
    start, end = (_seconds(where, row, name) for name in ("start", "end"))
    if end is not None and end <= (start or 0.0):
        raise HearsightError(f"{where}: end is {end:g}, not after start, {start or 0:g}")
    split = row.get("split") or SPLITS[-1]
    if split not in SPLITS:
        raise HearsightError(f"{where}: there is no split '{split}'; give one of {', '.join(SPLITS)}")
    path = (at / video.strip()).resolve()  # one file may be spelled in several ways
    span = "" if start is None and end is None else f" {start or 0:g}-{'' if end is None else format(end, 'g')}"
    kind = str(row.get("group") or "")
    return Entry(
        id=str(row.get("id") or f"{video.strip()}{span}"),
        split=split,
        path=path if path.is_file() else None,
        captions=tuple((kind, text) for text in _captions(where, row)),
        source=where,
        start=start,
        end=end,
        transcript=said or None,
    )


def _captions(where: str, row: Mapping[str, Any]) -> list[str]:
    told = row.get("captions") or row.get("caption")
    texts = told if isinstance(told, list) else [told]
    if told is None or not texts:
        raise HearsightError(f"{where} has no caption; the table needs the column caption, or captions with a list")
    stripped = [text.strip() if isinstance(text, str) else "" for text in texts]
    if not all(stripped):
        raise HearsightError(f"{where} has a caption that is empty or no text; leave it out, or leave the row out")
    return stripped


def _seconds(where: str, row: Mapping[str, Any], name: str) -> float | None:
    value = row.get(name)
    if value is None or value == "":
        return None
    try:
        seconds = float(value)
    except (TypeError, ValueError) as error:
        raise HearsightError(f"{where}: {name} is '{value}'; give seconds") from error
    if not 0 <= seconds < float("inf"):
        raise HearsightError(f"{where}: {name} is {value}; give seconds from the start of the file")
    return seconds
