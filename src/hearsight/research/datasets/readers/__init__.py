"""The field's data sets as people have them on disk, and tables of anyone's own. Each reader gives the same entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.research.datasets.readers import activitynet, charades, lsmdc, msrvtt, table
from hearsight.research.datasets.readers import split_lists as lists
from hearsight.research.datasets.readers.entry import Entry
from hearsight.research.datasets.readers.root import Root

READERS: dict[str, Callable[[Root], Iterator[Entry]]] = {
    "msrvtt-9k": msrvtt.read_9k,
    "msrvtt-7k": msrvtt.read_7k,
    "vatex": lists.read_vatex,
    "charades": charades.read,
    "lsmdc": lsmdc.read,
    "didemo": lists.read_didemo,
    "msvd": lists.read_msvd,
    "activitynet": activitynet.read,
}


def read_entries(name: str, root: Path) -> Iterator[Entry]:
    """The clips of a data set below a folder; or of a table, where name is "table" and root the file.

    Captions without a word are left out. Raises HearsightError for a name that nobody knows, for annotation files that
    are missing or not right, and for a clip that has no caption.
    """
    if name != "table" and name not in READERS:
        raise HearsightError(f"no data set '{name}'; give table, or one of {', '.join(READERS)}")
    entry = None
    for entry in table.read(root) if name == "table" else READERS[name](Root(root)):
        captions = tuple((kind, text) for kind, text in entry.captions if text.strip())
        if not captions:
            raise HearsightError(f"{entry.told_in}: {entry.id} has no caption; give it one, or leave the clip out")
        yield replace(entry, captions=captions)
    if entry is None:
        raise HearsightError(f"{root} tells of no clip of {name}; give another")


__all__ = ["READERS", "Entry", "read_entries"]
