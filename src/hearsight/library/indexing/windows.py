"""Fill the tables of windows: what text experts compare with queries, from the lines that are stored with the clips,
and from those that are read in their pictures.

Nothing is decoded. So windows are filled after an update, wherever it ran, and an expert can be added to any library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pyarrow as pa

from hearsight.experts.expert import TextExpert
from hearsight.library.tables.calibration_file import Calibration
from hearsight.library.tables.schema import VIDEO_LETTERS
from hearsight.library.tables.store import Store
from hearsight.library.tables.windows import Windows, of_text, windows_schema
from hearsight.library.words.sound_descriptions import said_in

BATCH = 1024  # clips; a sentence encoder takes a minute or two for them
# Lines and pairs of lines: what a person remembers may begin in one and end in the next.
Span = tuple[float, float, str]
SAME_PICTURE = 1.0  # seconds: lines that are read in one picture are nearer to each other, and pictures are not


def fill_windows(store: Store, experts: Sequence[TextExpert]) -> dict[str, str]:
    """Bring the windows of what is said up to date, for these experts. Return the experts' fingerprints by name.

    Windows of another fingerprint are made again, those of clips that are gone are removed, and those that are missing
    are added: an interrupted run is continued by the next one.
    """
    calibration = Calibration.read(store.location)  # the model's does not matter
    former = calibration.experts if calibration else {}
    tables = [
        _Table(store.windows(each.name), each, each.fingerprint, former.get(each.name), spans_of) for each in experts
    ]
    _fill(tables, set(store.complete_ids()), lambda: store.batches(["id", "lines"], BATCH))
    return {expert.name: expert.fingerprint for expert in experts}


def fill_text_windows(store: Store, experts: Sequence[TextExpert]) -> None:
    """Bring the windows of what is read in pictures up to date, for these experts, as `fill_windows` does."""
    reader, texts = store.texts.fingerprint(), store.texts
    tables = [
        _Table(store.windows(of_text(each.name)), each, f"{each.fingerprint} {reader}", None, text_spans_of)
        for each in experts
    ]
    _fill(tables, texts.ids(), lambda: texts.batches(["id", "lines"], BATCH))


@dataclass(frozen=True)
class _Table:
    """The windows of an expert.

    fingerprint: of what makes them. former: that of a table of an older Hearsight, which does not have it. spans: makes
    the windows of a clip's lines.
    """

    windows: Windows
    expert: TextExpert
    fingerprint: str
    former: str | None
    spans: Callable[[Sequence[dict[str, Any]]], list[Span]]


def _fill(tables: Sequence[_Table], ids: set[str], batches: Callable[[], Iterable[pa.Table]]) -> None:
    """Fill tables of windows. ids: of the clips. batches: yields `id` and `lines` of all that have lines."""
    missing = list[set[str]]()
    for table in tables:
        windows = table.windows
        if not windows.exists or table.fingerprint != (windows.fingerprint() or table.former):
            windows.create(table.expert.width, table.fingerprint)
        existing = windows.ids()
        if former := existing - ids:
            windows.drop_clips(former)
        missing.append(ids - existing)
    for clips in batches() if any(missing) else ():
        rows = [row for row in clips.to_pylist() if row["lines"]]
        for table, of_table in zip(tables, missing, strict=True):
            if new := [row for row in rows if row["id"] in of_table]:
                table.windows.add(_window_rows(table, new))
    for table in tables:
        table.windows.maintain()


def spans_of(lines: Sequence[dict[str, Any]]) -> list[Span]:
    """Return the windows of a clip's lines: what is said in each line, and in each with the next one."""
    texts = [said_in([line["text"]]) for line in lines]
    spans = [(line["start"], line["end"], text) for line, text in zip(lines, texts, strict=True) if text]
    return spans + [(a[0], b[1], f"{a[2]} {b[2]}") for a, b in pairwise(spans)]


def text_spans_of(lines: Sequence[dict[str, Any]]) -> list[Span]:
    """Return the windows of what is read in a clip: each line, and each with the next one of the same picture."""
    spans = [(line["second"], line["second"], line["text"]) for line in lines]
    pairs = ((a, b) for a, b in pairwise(spans) if abs(b[0] - a[0]) < SAME_PICTURE)
    return spans + [(a[0], b[1], f"{a[2]} {b[2]}") for a, b in pairs]


def _window_rows(table: _Table, clips: Sequence[dict[str, Any]]) -> pa.Table:
    expert = table.expert
    spans = [(clip["id"], *span) for clip in clips for span in table.spans(clip["lines"])]
    vectors = expert.encode_passages([text for *_, text in spans]).astype("float16")
    columns = {
        "id": [id for id, *_ in spans],
        "video": [id[:VIDEO_LETTERS] for id, *_ in spans],
        "start": [start for _, start, _, _ in spans],
        "end": [end for _, _, end, _ in spans],
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), expert.width),
    }
    return pa.table(columns, schema=windows_schema(expert.width))
