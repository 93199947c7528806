"""A library for another model, made of features that it kept: no file is decoded, no picture or sound encoded.

The new vectors go to a table of their own. Searches read the old one until library.json names the new one, in one
step. What an interrupted run has written is found by the next one, for the table is named by its model.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Set
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from hearsight.errors import HearsightError
from hearsight.library.indexing.encode import clip_rows
from hearsight.library.results import ReindexReport
from hearsight.library.tables.identity import Identity
from hearsight.library.tables.library_files import remove
from hearsight.library.tables.schema import ClipFacts
from hearsight.library.tables.store import Store
from hearsight.models.base import VideoTextModel
from hearsight.models.feature_rows import from_rows
from hearsight.types import Clip, Line
from hearsight.util.progress import Progress

SOME = 32  # clips at once: of SAVE as published, 58 MB of features
COMMIT_CLIPS = 1024
FACTS = ["id", "video", "start", "end", "transcript", "lines", "has_speech", "has_sound", "thumbnail"]


def reindex(
    old: Store, identity: Identity, model: VideoTextModel, progress: Progress | None = None
) -> tuple[Identity, ReindexReport]:
    """Write the new table, while nobody else updates the library. Returns what library.json is to say then.

    Raises HearsightError where no features are kept, or the model has other towers or is that of the library.
    """
    begun = time.monotonic()
    identity.check_features(old.location)
    _check(old.location, identity, model)
    new_identity = replace(
        identity,
        fingerprint=model.fingerprint,
        method=model.config.method,
        clips=f"clips-{model.fingerprint}",
        former=identity.clips,
    )
    new = Store(old.location, new_identity)
    new.create(model)
    new.drop_hidden()  # what an interrupted run made of films that are gone by now
    done, total = new.ids(), old.snapshot().clips
    rows: list[pa.Table] = []
    for facts, features in _stored_clips(old, done):
        rows.append(clip_rows(model, facts, from_rows(features, model, [clip.transcript for clip in facts])))
        done.update(clip.id for clip in facts)
        if sum(map(len, rows)) >= COMMIT_CLIPS:
            new.add_clips(rows)
            rows = []
        if progress:
            progress("reindexed", len(done), total)
    if rows:
        new.add_clips(rows)
    new.maintain()
    return new_identity, ReindexReport(new.snapshot().clips, time.monotonic() - begun)


def drop_other_tables(location: Path, identity: Identity) -> None:
    """Remove the tables of clips that no search reads: the one before the last, and those of interrupted runs."""
    for table in location.glob("clips*.lance"):
        if table.stem not in (identity.clips, identity.former):
            remove(table)


def _check(location: Path, identity: Identity, model: VideoTextModel) -> None:
    if identity.towers != model.towers_fingerprint:
        raise HearsightError(
            f"the features in the library at {location} were made by other towers than this model's, or with other "
            "settings; give a model with the same towers, or make the library anew with --rebuild"
        )
    if identity.fingerprint == model.fingerprint:
        raise HearsightError(f"the library at {location} has the vectors of this model already; give another one")


def _stored_clips(old: Store, done: Set[str]) -> Iterator[tuple[list[ClipFacts], pa.Table]]:
    """The clips of a library that are not done yet, some at a time, with what is kept of them in the same order."""
    assert old.features, "checked before"
    for table in old.batches(FACTS, SOME):
        facts = [_facts(row) for row in table.to_pylist() if row["id"] not in done]
        if not facts:
            continue
        features = old.features.rows([clip.id for clip in facts])
        row_of = {id: row for row, id in enumerate(features["id"].to_pylist())}
        if missing := [clip.id for clip in facts if clip.id not in row_of]:
            raise HearsightError(
                f"the library at {old.location} lacks the features of {len(missing)} clips, {missing[0]} among them; "
                "make it anew with --rebuild"
            )
        yield facts, features.take(pa.array([row_of[clip.id] for clip in facts]))


def _facts(row: dict[str, Any]) -> ClipFacts:
    return ClipFacts(
        id=row["id"],
        video=row["video"],
        clip=Clip(Path(), row["start"], row["end"]),
        transcript=row["transcript"],
        lines=[Line(**line) for line in row["lines"] or []],
        has_speech=row["has_speech"],
        has_sound=row["has_sound"],
        thumbnail=row["thumbnail"],
    )
