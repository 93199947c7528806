"""Charades: videos of some 30 s at home, each with the script that was acted."""

from __future__ import annotations

from collections.abc import Iterator

from hearsight.research.datasets.readers.entry import Entry
from hearsight.research.datasets.readers.parse import field, rows
from hearsight.research.datasets.readers.root import Root


def read(root: Root) -> Iterator[Entry]:
    """One caption a video: its script."""
    for split in ("train", "test"):
        for where, row in rows(root.annotation(f"Charades_v1_{split}.csv")):
            id, script = field(where, row, "id"), field(where, row, "script")
            yield Entry(id, split, root.media(id), (("", script),), where, transcript=root.transcripts.get(id))
