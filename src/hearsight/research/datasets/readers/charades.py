"""Read Charades: videos of about 30 s at home, each with the script that was acted."""

from __future__ import annotations

from collections.abc import Iterator

from hearsight.research.datasets.readers.entry import Entry
from hearsight.research.datasets.readers.parse import field, rows
from hearsight.research.datasets.readers.root import Root


def read(root: Root) -> Iterator[Entry]:
    """Yield each video with its script as the caption."""
    for split in ("train", "test"):
        for source, row in rows(root.annotation(f"Charades_v1_{split}.csv")):
            id, script = field(source, row, "id"), field(source, row, "script")
            yield Entry(id, split, root.media(id), (("", script),), source, transcript=root.transcripts.get(id))
