"""A table with the vectors of another model, beside the one that searches read.

Whatever fills it (reindex.py, reencode.py) reuses the times, transcripts, lines and pictures of the old clips. Searches
read the old table until library.json names the new one, in one step. The next run resumes an interrupted one, because
the name of the table contains the model's fingerprint.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from hearsight.errors import HearsightError
from hearsight.library.tables.library_files import remove
from hearsight.library.tables.library_json import Identity
from hearsight.library.tables.schema import WORDS, ClipFacts
from hearsight.library.tables.store import Store
from hearsight.library.words.sound_descriptions import said_in
from hearsight.models.base import VideoTextModel
from hearsight.types import Clip, Line

FACTS = ["id", "video", "start", "end", "transcript", WORDS, "lines", "has_speech", "has_sound", "thumbnail"]


def new_identity(identity: Identity, model: VideoTextModel) -> Identity:
    """Return the identity of a library with the vectors of another model, whose name the caller knows."""
    return replace(
        identity,
        fingerprint=model.fingerprint,
        method=model.config.method,
        frames=model.config.frames,
        width=model.width,
        clips=f"clips-{model.fingerprint}",
        former=identity.clips,
        missing={sense: name for sense, name in (identity.missing or {}).items() if sense != "seen"} or None,
    )


def open_new_table(location: Path, identity: Identity, model: VideoTextModel) -> Store:
    """Create the new table, or open that of an interrupted run, without clips whose videos or features are gone since.

    That of an older Hearsight lacks the words of its clips, and is begun anew.

    identity: the new one. The caller holds the lock for updates.
    """
    new = Store(location, identity)
    if new.clips_path.exists() and not new.transcripts.has_words:
        remove(new.clips_path)
        new = Store(location, identity)
    new.create(model)
    new.drop_hidden()
    if new.features and (without := sorted(new.ids() - new.features.ids())):
        new.drop_clips(without)
    return new


def check_other_model(location: Path, identity: Identity, model: VideoTextModel) -> None:
    """Raise HearsightError if the model is that of the library."""
    if identity.fingerprint == model.fingerprint:
        raise HearsightError(f"the library at {location} has the vectors of this model already; give another one")


def switch_tables(location: Path, identity: Identity) -> Identity:
    """Let library.json name the new table, and return the identity, which is the new one.

    Removes what nothing reads then: tables of clips before the last, of interrupted runs, and of former features.
    """
    identity.write(location)
    features = identity.features or "features"
    for pattern, names in (("clips*", {identity.clips, identity.former}), ("features*", {features})):
        for table in location.glob(f"{pattern}.lance"):
            if table.stem not in names:
                remove(table)
    return identity


def said_in_clip(facts: ClipFacts, language: str | None) -> str:
    """Return what is said in a clip, without the sounds that its transcript describes: what a model reads."""
    return said_in([line.text for line in facts.lines] or [facts.transcript], language)


def facts_of(row: dict[str, Any]) -> ClipFacts:
    """Return what an old row with the columns FACTS says of a clip besides its vectors."""
    return ClipFacts(
        id=row["id"],
        video=row["video"],
        clip=Clip(Path(), row["start"], row["end"]),
        transcript=row["transcript"],
        words=row[WORDS],
        lines=[Line(**line) for line in row["lines"] or []],
        has_speech=row["has_speech"],
        has_sound=row["has_sound"],
        thumbnail=row["thumbnail"],
    )
