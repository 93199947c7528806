"""Soundstage in disguise: rendered clips under the names, and with the files, of one of the field's data sets.

What reads such a data set can be tried from end to end with it. Twins, groups and facts are lost, as no real data set
has them; soundstage.json tells which clip is which, so that they can be found again.
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
from hearsight.research.soundstage.layouts import LAYOUTS, Rendered
from hearsight.research.soundstage.names import SPLITS
from hearsight.research.soundstage.rows import read_rows
from hearsight.util.atomic import atomic_file, write_atomic

NOTE = "soundstage.json"  # the data set's layout, and its clips' names with their ids in Soundstage


def export(folder: Path, out: Path, layout: str) -> int:
    """Make a data set of what render made (folder has train, validation and test); returns how many clips it has.

    Videos are hard links where the file system allows, else copies. Once more into the same folder repairs what is
    missing and changes nothing else. Annotation files are written last.
    Raises HearsightError for an unknown layout, for splits that are missing or not rendered to their end, and for an
    out that holds anything but this very data set, or cannot be written.
    """
    if layout not in LAYOUTS:
        raise HearsightError(f"cannot export as {layout!r}: no such layout; use one of {', '.join(LAYOUTS)}")
    disguise = LAYOUTS[layout]
    rendered = [clip for split in SPLITS for clip in read_split(folder, split)]
    clips = {disguise.name(clip, place): clip for place, clip in enumerate(rendered)}
    note = {
        "layout": layout,
        "made_of": {split: fingerprint(folder / split) for split in SPLITS},
        "clips": {name: clip.id for name, clip in clips.items()},
    }
    try:
        claim(out, note)
        for name, clip in clips.items():
            place_video(clip.path, out / disguise.media(name))
        for name, content in disguise.annotations(clips).items():
            write_atomic(out / name, content)
    except OSError as error:
        raise HearsightError(f"cannot write the data set to {out} ({error}); see to that and export again") from error
    return len(clips)


def read_split(folder: Path, split: str) -> list[Rendered]:
    """The clips of one split. Raises HearsightError where any of it is missing."""
    if not (folder / split / "manifest.jsonl").is_file():
        raise HearsightError(
            f"{folder} has no {split} split that is rendered to its end (no {split}/manifest.jsonl); "
            "render train, validation and test into it with `hearsight soundstage render`"
        )
    clips = [as_rendered(folder / split, split, row) for row in read_rows(folder / split)]
    if not clips:
        raise HearsightError(f"{folder / split / 'manifest.jsonl'} has no clips; render {split} once more")
    for clip in clips:
        if not clip.path.is_file():
            raise HearsightError(
                f"{clip.path} is missing, though the manifest beside it has the clip; "
                "run the same `hearsight soundstage render` again"
            )
    return clips


def as_rendered(folder: Path, split: str, row: dict[str, Any]) -> Rendered:
    """Raises HearsightError for a row that is of another split, or not as render.manifest_row makes it."""
    try:
        if not row["captions"]:
            raise ValueError("no captions")
        return Rendered(
            id=row["id"],
            split=split,
            number=int(row["id"].removeprefix(f"{split}-")),
            path=folder / row["path"],
            texts=tuple(told["text"] for told in row["captions"]),
            spoken=row["spoken"],
            duration=float(row["scene"]["duration"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise HearsightError(
            f"{folder / 'manifest.jsonl'} has a row that is no clip of Soundstage's {split} ({error!r}); "
            f"render {split} once more"
        ) from error


def fingerprint(folder: Path) -> str:
    """Of a split's manifest, which tells all that is in its clips."""
    return blake2b((folder / "manifest.jsonl").read_bytes(), digest_size=8).hexdigest()


def claim(out: Path, note: dict[str, Any]) -> None:
    """Note in the folder what it holds. Raises HearsightError where it holds anything else."""
    out.mkdir(parents=True, exist_ok=True)
    if not any(out.iterdir()):
        write_atomic(out / NOTE, json.dumps(note, indent=2) + "\n")
        return
    held = read_note(out / NOTE)
    if held == note:
        return
    what = "other files"
    if held.get("layout") in LAYOUTS:
        same = held["layout"] == note["layout"]
        what = "an export of other clips" if same else f"an export with the layout {held['layout']}"
    raise HearsightError(f"cannot export to {out}: it holds {what}; give an empty folder")


def read_note(path: Path) -> dict[str, Any]:
    """{} where there is none, or a file of that name which is something else."""
    try:
        note = json.loads(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def place_video(source: Path, path: Path) -> None:
    """A hard link, or else a copy; it has its name only when it is complete."""
    source = source.resolve()  # a hard link to a symbolic link would break with it
    if path.exists() and filecmp.cmp(source, path):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    try:
        os.link(source, path)
    except OSError:  # another file system, or one that has no hard links
        with atomic_file(path) as part:
            shutil.copyfile(source, part)
