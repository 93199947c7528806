"""Exports rendered clips under the names, and with the files, of a public data set.

So whatever reads such a data set can be tested from end to end. Families, groups and facts are not exported, because no
real data set has them. soundstage.json records which clip is which.
"""

from __future__ import annotations

import filecmp
import json
import os
import shutil
from hashlib import blake2b
from pathlib import Path
from typing import Any

from hearsight.errors import HearsightError
from hearsight.research.soundstage.dataset_clip_names import SPLITS
from hearsight.research.soundstage.dataset_layouts import LAYOUTS, RenderedClip
from hearsight.research.soundstage.manifest import read_manifest_rows
from hearsight.util.atomic import atomic_file, write_atomic

EXPORT_RECORD = "soundstage.json"  # the data set's layout, and its clips' names with their ids in Soundstage


def export(folder: Path, out: Path, layout: str) -> int:
    """Export a folder with rendered train, validation and test splits, and return the number of clips.

    Videos are hard links if the file system allows, else copies. Exporting again into the same folder repairs what is
    missing and changes nothing else. Annotation files are written last.
    Raises HearsightError for an unknown layout, for splits that are missing or incomplete, and for an `out` that holds
    anything but this very data set, or cannot be written.
    """
    if layout not in LAYOUTS:
        raise HearsightError(f"cannot export as {layout!r}: no such layout; use one of {', '.join(LAYOUTS)}")
    dataset = LAYOUTS[layout]
    rendered = [clip for split in SPLITS for clip in read_split(folder, split)]
    clips = {dataset.name(clip, number): clip for number, clip in enumerate(rendered)}
    record = {
        "layout": layout,
        "made_of": {split: fingerprint(folder / split) for split in SPLITS},
        "clips": {name: clip.id for name, clip in clips.items()},
    }
    try:
        claim_folder(out, record)
        for name, clip in clips.items():
            link_or_copy(clip.path, out / dataset.media(name))
        for name, content in dataset.annotations(clips).items():
            write_atomic(out / name, content)
    except OSError as error:
        raise HearsightError(f"cannot write the data set to {out} ({error}); fix that and export again") from error
    return len(clips)


def read_split(folder: Path, split: str) -> list[RenderedClip]:
    """Return the clips of one split. Raises HearsightError if any of it is missing."""
    if not (folder / split / "manifest.jsonl").is_file():
        raise HearsightError(
            f"{folder} has no complete {split} split (no {split}/manifest.jsonl); "
            "render train, validation and test into it with `hearsight soundstage render`"
        )
    clips = [rendered_clip(folder / split, split, row) for row in read_manifest_rows(folder / split)]
    if not clips:
        raise HearsightError(f"{folder / split / 'manifest.jsonl'} has no clips; render {split} again")
    for clip in clips:
        if not clip.path.is_file():
            raise HearsightError(
                f"{clip.path} is missing, but the manifest lists the clip; "
                "run the same `hearsight soundstage render` again"
            )
    return clips


def rendered_clip(folder: Path, split: str, row: dict[str, Any]) -> RenderedClip:
    """Return the clip of a manifest row. Raises HearsightError for a row of another split or another format."""
    try:
        if not row["captions"]:
            raise ValueError("no captions")
        return RenderedClip(
            id=row["id"],
            split=split,
            number=int(row["id"].removeprefix(f"{split}-")),
            path=folder / row["path"],
            texts=tuple(caption["text"] for caption in row["captions"]),
            spoken=row["spoken"],
            duration=float(row["scene"]["duration"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise HearsightError(
            f"{folder / 'manifest.jsonl'} has a row that is no clip of Soundstage's {split} split ({error!r}); "
            f"render {split} again"
        ) from error


def fingerprint(folder: Path) -> str:
    """Return a short hash of a split's manifest, which describes all that is in its clips."""
    return blake2b((folder / "manifest.jsonl").read_bytes(), digest_size=8).hexdigest()


def claim_folder(out: Path, record: dict[str, Any]) -> None:
    """Record in the folder what it holds. Raises HearsightError if it holds anything else."""
    out.mkdir(parents=True, exist_ok=True)
    if not any(out.iterdir()):
        write_atomic(out / EXPORT_RECORD, json.dumps(record, indent=2) + "\n")
        return
    existing = read_record(out / EXPORT_RECORD)
    if existing == record:
        return
    contents = "other files"
    if existing.get("layout") in LAYOUTS:
        same = existing["layout"] == record["layout"]
        contents = "an export of other clips" if same else f"an export with the layout {existing['layout']}"
    raise HearsightError(f"cannot export to {out}: it holds {contents}; give an empty folder")


def read_record(path: Path) -> dict[str, Any]:
    """Return the record of an export, or {} if there is none or the file is something else."""
    try:
        record = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def link_or_copy(source: Path, path: Path) -> None:
    """Make a hard link, or else a copy, which gets its name only when it is complete."""
    source = source.resolve()  # a hard link to a symbolic link would break with it
    if path.exists() and filecmp.cmp(source, path):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    try:
        os.link(source, path)
    except OSError:  # another file system, or one without hard links
        with atomic_file(path) as part:
            shutil.copyfile(source, part)
