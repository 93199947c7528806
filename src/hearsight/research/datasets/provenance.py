"""What `hearsight data check` makes of a data set: manifests of the good clips, and a note of whose they are."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hearsight.errors import HearsightError
from hearsight.research.datasets.readers import Entry
from hearsight.research.datasets.readers.root import MADE
from hearsight.util.atomic import write_atomic

NOTE = "dataset.json"
DISGUISE = "soundstage.json"  # stands in what `hearsight soundstage export` made


def made_folder(name: str, root: Path) -> Path:
    """Where `check` keeps what it finds, unless told otherwise."""
    return root.parent / MADE / root.stem if root.is_file() else root / MADE / name


def checked_folder(name: str, root: Path) -> Path:
    """The same, of a data set that was checked; root may be that folder, too, wherever `check` was told to make it.

    Raises HearsightError for a data set that was not checked.
    """
    folder = root if is_made(name, root) else made_folder(name, root)
    if not is_made(name, folder):
        raise HearsightError(f"{name} in {root} was not checked yet; run `hearsight data check {name} {root}` first")
    return folder


def is_made(name: str, folder: Path) -> bool:
    """Whether a folder is what `check` made of that data set."""
    return (read_note(folder) or {}).get("dataset") == name


@dataclass(frozen=True)
class Source:
    """Where a checked split is from. told: how many clips the data set tells of; good: how many of these are used.
    disguised: they are generated, and the data set's in form only.
    """

    dataset: str
    told: int
    good: int
    disguised: bool

    def __str__(self) -> str:
        name = f"{self.dataset} as Soundstage's disguise" if self.disguised else self.dataset
        return name if self.told == self.good else f"{name}, {self.good:,} of its {self.told:,} clips"


def source_of(split: Path) -> Source | None:
    """Of a split's folder; None where `check` did not make it."""
    note = read_note(split.parent)
    if note is None or split.name not in note["splits"]:
        return None
    counts = note["splits"][split.name]
    return Source(note["dataset"], counts["clips"], counts["good"], note["disguised"])


def generated(entries: Sequence[Entry]) -> bool:
    """Whether clips are Soundstage's, wherever above them it says so."""
    path = next((entry.path for entry in entries if entry.path), None)
    return path is not None and any((above / DISGUISE).is_file() for above in path.absolute().parents)


def relative(path: Path, folder: Path) -> str:
    """A path from a folder on; either may be behind a link."""
    return os.path.relpath(path.resolve(), folder.resolve())


def claim(folder: Path, name: str, root: Path, disguised: bool) -> dict[str, Any]:
    """Note whose folder it is, or refuse another data set's. disguised: see `Source`."""
    # Relative: a data set that moves takes along what was made of it.
    whose = {"dataset": name, "root": relative(root, folder)}
    note = read_note(folder) or {**whose, "splits": {}}
    if any(note[key] != value for key, value in whose.items()):
        other = (folder / note["root"]).resolve()
        raise HearsightError(
            f"{folder} is of {note['dataset']} in {other}; give {name} in {root} a folder of its own with --out"
        )
    note["disguised"] = disguised
    write_note(folder, note)
    return note


def read_note(folder: Path) -> dict[str, Any] | None:
    """What `check` noted of a folder; None where it did not make it."""
    try:
        note = json.loads((folder / NOTE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    ours = isinstance(note, dict) and {"dataset", "root", "splits"} <= note.keys()
    return note if ours else None  # others have files of that name, too


def write_note(folder: Path, note: dict[str, Any]) -> None:
    write_atomic(folder / NOTE, json.dumps(note, indent=2) + "\n")


def write_manifest(folder: Path, entries: Sequence[Entry]) -> None:
    """The clips of a split, which all have files; where there are none, no manifest."""
    if not entries:
        (folder / "manifest.jsonl").unlink(missing_ok=True)
        return
    folder.mkdir(exist_ok=True)
    write_atomic(folder / "manifest.jsonl", "".join(json.dumps(_row(folder, entry)) + "\n" for entry in entries))


def _row(folder: Path, entry: Entry) -> dict[str, Any]:
    assert entry.path, "a good clip has a file"
    captions = [{"kind": kind, "text": text} for kind, text in entry.captions]
    row = {"id": entry.id, "path": relative(entry.path, folder), "captions": captions}
    told = {"start": entry.start, "end": entry.end, "transcript": entry.transcript}
    return row | {name: value for name, value in told.items() if value is not None}
