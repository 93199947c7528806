"""The field's data sets as people have them on disk, and tables of anyone's own. Each reader gives the same entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from hearsight.datasets.layouts import activitynet, charades, lists, lsmdc, msrvtt, table
from hearsight.datasets.layouts.entry import Entry
from hearsight.datasets.layouts.root import Root
from hearsight.errors import HearsightError

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

    Raises HearsightError for a name that nobody knows, and for annotation files that are missing or not right.
    """
    if name == "table":
        return table.read(root)
    if name not in READERS:
        raise HearsightError(f"no data set '{name}'; give table, or one of {', '.join(READERS)}")
    return READERS[name](Root(root))


__all__ = ["READERS", "Entry", "read_entries"]
