"""Readers of the field's data sets, and of tables in a format of your own. Each yields the same entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from hearsight.errors import HearsightError
from hearsight.research.datasets.readers import activitynet, charades, lsmdc, msrvtt, table
from hearsight.research.datasets.readers import vatex_msvd_didemo as lists
from hearsight.research.datasets.readers.entry import Entry
from hearsight.research.datasets.readers.root import Root
from hearsight.util.registry import Registry

TABLE = "table"
# Called with the Root that a data set was unpacked in; the one for tables with the path of the table.
Reader = Callable[[Any], Iterator[Entry]]
AnyReader = TypeVar("AnyReader", bound=Callable[[Root], Iterator[Entry]])

READERS: Registry[Reader] = Registry(
    "data set",
    {
        TABLE: table.read,
        "msrvtt-9k": msrvtt.read_9k,
        "msrvtt-7k": msrvtt.read_7k,
        "vatex": lists.read_vatex,
        "charades": charades.read,
        "lsmdc": lsmdc.read,
        "didemo": lists.read_didemo,
        "msvd": lists.read_msvd,
        "activitynet": activitynet.read,
    },
)


def register_reader(name: str) -> Callable[[AnyReader], AnyReader]:
    """Return a decorator that registers a function as the reader of a data set.

        @hearsight.register_reader("my-data")
        def read_my_data(root: Root) -> Iterator[Entry]: ...

    root: the folder that the command line names; it finds annotation files and media by name (`Root`). The reader
    yields one `Entry` a clip. Raises HearsightError for the name of one of Hearsight's own readers.
    """
    if not name or Path(name).name != name:
        raise HearsightError(f"cannot register the data set '{name}': it names a folder; give a name without slashes")
    return READERS.register(name)


def read_entries(name: str, root: Path) -> Iterator[Entry]:
    """Yield the clips of a data set below a folder; or of a table, where name is "table" and root the file.

    Captions without a word are left out. Raises HearsightError for an unknown name, for annotation files that are
    missing or wrong, and for a clip without a caption.
    """
    reader = READERS.get(name)
    entry = None
    for entry in reader(root if name == TABLE else Root(root)):
        captions = tuple((kind, text) for kind, text in entry.captions if text.strip())
        if not captions:
            raise HearsightError(f"{entry.source}: {entry.id} has no caption; give it one, or leave the clip out")
        yield replace(entry, captions=captions)
    if entry is None:
        raise HearsightError(f"no clip of {name} is listed in {root}; give another folder")


__all__ = ["READERS", "TABLE", "Entry", "Root", "read_entries", "register_reader"]
