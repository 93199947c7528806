"""The folder that `hearsight data check` makes: manifests of the good clips, and a note of the data set they are of."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hearsight.errors import HearsightError
from hearsight.research.datasets.manifest import MANIFEST
from hearsight.research.datasets.readers import Entry
from hearsight.research.datasets.readers.root import OUTPUT_FOLDER
from hearsight.util.atomic import write_atomic
from hearsight.util.bounded_file import read_bounded
from hearsight.util.json_files import LARGEST

NOTE = "dataset.json"
DISGUISE = "soundstage.json"  # in a folder that `hearsight soundstage export` made


def default_folder(name: str, root: Path) -> Path:
    """Return the folder that `check` writes to unless another is given."""
    return root.parent / OUTPUT_FOLDER / root.stem if root.is_file() else root / OUTPUT_FOLDER / name


def checked_folder(name: str, root: Path) -> Path:
    """Return the folder that `check` made for a data set; root may be that folder itself.

    Raises HearsightError for a data set that was not checked.
    """
    folder = root if is_checked(name, root) else default_folder(name, root)
    if not is_checked(name, folder):
        raise HearsightError(f"{name} in {root} is not checked yet; run `hearsight data check {name} {root}` first")
    return folder


def is_checked(name: str, folder: Path) -> bool:
    """Return whether `check` made a folder for the data set of that name."""
    return (read_note(folder) or {}).get("dataset") == name


@dataclass(frozen=True)
class Provenance:
    """The origin of a checked split. clips: number of clips in the data set; good: number of them that are used.

    disguised: Soundstage generated the clips, and only their form is that of the data set.
    """

    dataset: str
    clips: int
    good: int
    disguised: bool

    def __str__(self) -> str:
        name = f"{self.dataset} as Soundstage's disguise" if self.disguised else self.dataset
        return name if self.clips == self.good else f"{name}, {self.good:,} of its {self.clips:,} clips"


def provenance_of(split: Path) -> Provenance | None:
    """Return the provenance of a split's folder, or None if `check` did not make it."""
    note = read_note(split.parent)
    if note is None or split.name not in note["splits"]:
        return None
    counts = note["splits"][split.name]
    return Provenance(note["dataset"], counts["clips"], counts["good"], bool(note.get("disguised")))


def is_disguise(entries: Sequence[Entry]) -> bool:
    """Return whether clips are Soundstage's: a folder above them says so."""
    path = next((entry.path for entry in entries if entry.path), None)
    return path is not None and any((parent / DISGUISE).is_file() for parent in path.absolute().parents)


def relative(path: Path, folder: Path) -> str:
    """Return a path relative to a folder; links are resolved first."""
    return os.path.relpath(path.resolve(), folder.resolve())


def open_note(folder: Path, name: str, root: Path, disguised: bool) -> dict[str, Any]:
    """Write, and return, the note that says which data set a folder is made for. disguised: see `Provenance`.

    Raises HearsightError for a folder that was made for another data set.
    """
    # A relative path: if the data set is moved, its folder moves with it.
    dataset = {"dataset": name, "root": relative(root, folder)}
    note = read_note(folder) or {**dataset, "splits": {}}
    if any(note[key] != value for key, value in dataset.items()):
        previous = (folder / note["root"]).resolve()
        raise HearsightError(
            f"{folder} belongs to {note['dataset']} in {previous}; give {name} in {root} another folder with --out"
        )
    note["disguised"] = disguised
    write_note(folder, note)
    return note


def read_note(folder: Path) -> dict[str, Any] | None:
    """Return the note that `check` wrote into a folder, or None if it did not make the folder."""
    try:
        note = json.loads(read_bounded(folder / NOTE, LARGEST))
    except (OSError, ValueError, RecursionError):
        return None
    return note if _is_note(note) else None


def _is_note(note: Any) -> bool:
    """Return whether this is a note of ours: other programs have files of that name, too."""
    if not isinstance(note, dict) or not isinstance(splits := note.get("splits"), dict):
        return False
    return all(isinstance(note.get(name), str) for name in ("dataset", "root")) and all(
        isinstance(counts, dict) and {type(counts.get("clips")), type(counts.get("good"))} == {int}
        for counts in splits.values()
    )


def write_note(folder: Path, note: dict[str, Any]) -> None:
    write_atomic(folder / NOTE, json.dumps(note, indent=2) + "\n")


def write_manifest(folder: Path, entries: Sequence[Entry]) -> None:
    """Write the manifest of a split, whose clips all have files; without clips, remove it."""
    if not entries:
        (folder / MANIFEST).unlink(missing_ok=True)
        return
    folder.mkdir(exist_ok=True)
    write_atomic(folder / MANIFEST, "".join(json.dumps(_row(folder, entry)) + "\n" for entry in entries))


def _row(folder: Path, entry: Entry) -> dict[str, Any]:
    assert entry.path, "a good clip has a file"
    captions = [{"kind": kind, "text": text} for kind, text in entry.captions]
    row = {"id": entry.id, "path": relative(entry.path, folder), "captions": captions}
    optional = {"start": entry.start, "end": entry.end, "transcript": entry.transcript}
    return row | {name: value for name, value in optional.items() if value is not None}
