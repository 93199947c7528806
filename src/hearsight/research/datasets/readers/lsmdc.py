"""Read LSMDC: clips of films, each with one sentence of audio description. The test is the public 1,000."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hearsight.errors import HearsightError
from hearsight.research.datasets.readers.entry import Entry
from hearsight.research.datasets.readers.parse import lines
from hearsight.research.datasets.readers.root import Root

SPLITS = {
    "train": "LSMDC16_annos_training.csv",
    "validation": "LSMDC16_annos_val.csv",
    "test": "LSMDC16_challenge_1000_publictect.csv",
}
COLUMNS = 6  # clip, aligned start and end, extracted start and end, sentence; separated by tabs, without a header


def read(root: Root) -> Iterator[Entry]:
    """Yield each clip with its captions, one from each of its lines. The times are those in the film, so unused."""
    for split, name in SPLITS.items():
        clips: dict[str, Entry] = {}
        for source, line in lines(root.annotation(name)):
            columns = line.split("\t")
            if len(columns) != COLUMNS:
                raise HearsightError(
                    f"{source} has {len(columns)} columns between tabs, not {COLUMNS}; download it again"
                )
            id, caption = columns[0].strip(), ("", columns[-1].strip())
            first = clips.get(id) or Entry(id, split, root.media(id), (), source, transcript=root.transcripts.get(id))
            clips[id] = replace(first, captions=(*first.captions, caption))
        yield from clips.values()
