"""Fill the tables of windows: what text experts compare with queries, from the lines that are stored with the clips.

Nothing is decoded. So windows are filled after an update, wherever it ran, and an expert can be added to any library.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pyarrow as pa

from hearsight.experts.expert import TextExpert
from hearsight.library.tables.calibration_file import Calibration
from hearsight.library.tables.schema import VIDEO_LETTERS
from hearsight.library.tables.store import Store
from hearsight.library.tables.windows import windows_schema

BATCH = 1024  # clips; a sentence encoder takes a minute or two for them
# Lines and pairs of lines: what a person remembers may begin in one and end in the next.
Span = tuple[float, float, str]


def fill_windows(store: Store, experts: Sequence[TextExpert]) -> dict[str, str]:
    """Bring the windows of these experts up to date. Return the experts' fingerprints by name.

    Windows of another fingerprint are made again, those of clips that are gone are removed, and those that are missing
    are added: an interrupted run is continued by the next one.
    """
    calibration = Calibration.read(store.location)  # the model's does not matter
    fingerprints = calibration.experts if calibration else {}
    ids = set(store.complete_ids())
    missing: dict[str, set[str]] = {}
    for expert in experts:
        windows = store.windows(expert.name)
        if not windows.path.is_dir() or expert.fingerprint != (windows.fingerprint() or fingerprints.get(expert.name)):
            windows.create(expert.width, expert.fingerprint)
        existing = windows.ids()
        if former := existing - ids:
            windows.drop_clips(former)
        missing[expert.name] = ids - existing
    for clips in store.batches(["id", "lines"], BATCH) if any(missing.values()) else ():
        rows = [row for row in clips.to_pylist() if row["lines"]]
        for expert in experts:
            if new := [row for row in rows if row["id"] in missing[expert.name]]:
                store.windows(expert.name).add(_window_rows(expert, new))
    for expert in experts:
        store.windows(expert.name).maintain()
    return {expert.name: expert.fingerprint for expert in experts}


def spans_of(lines: Sequence[dict[str, Any]]) -> list[Span]:
    """Return the windows of a clip's lines: each line, and each with the next one."""
    spans = [(line["start"], line["end"], line["text"]) for line in lines]
    return spans + [(a[0], b[1], f"{a[2]} {b[2]}") for a, b in pairwise(spans)]


def _window_rows(expert: TextExpert, clips: Sequence[dict[str, Any]]) -> pa.Table:
    spans = [(clip["id"], *span) for clip in clips for span in spans_of(clip["lines"])]
    vectors = expert.encode_passages([text for *_, text in spans]).astype("float16")
    columns = {
        "id": [id for id, *_ in spans],
        "video": [id[:VIDEO_LETTERS] for id, *_ in spans],
        "start": [start for _, start, _, _ in spans],
        "end": [end for _, _, end, _ in spans],
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), expert.width),
    }
    return pa.table(columns, schema=windows_schema(expert.width))
