"""Encode a library for another model from stored features, without decoding files or running the towers."""

from __future__ import annotations

import time
from collections.abc import Iterator, Set
from pathlib import Path

import pyarrow as pa

from hearsight.errors import HearsightError
from hearsight.library.indexing.encode import clip_rows
from hearsight.library.indexing.new_vectors import (
    FACTS,
    check_other_model,
    facts_of,
    new_identity,
    open_new_table,
    said_in_clip,
)
from hearsight.library.indexing.words import add_words
from hearsight.library.reports import ReindexReport
from hearsight.library.tables.library_json import Identity
from hearsight.library.tables.schema import ClipFacts
from hearsight.library.tables.store import Store
from hearsight.models.base import VideoTextModel
from hearsight.models.feature_rows import from_rows
from hearsight.util.progress import Progress

BATCH_SIZE = 32  # clips; 58 MB of features of SAVE as published
COMMIT_CLIPS = 1024


def reindex(
    old: Store, identity: Identity, model: VideoTextModel, progress: Progress | None = None
) -> tuple[Identity, ReindexReport]:
    """Write the new table, and return the new contents of library.json. The caller holds the lock for updates.

    Raises HearsightError if the library keeps no features, or if the model has other towers or is that of the library.
    """
    begun = time.monotonic()
    identity.check_features(old.location)
    _check_towers(old.location, identity, model)
    check_other_model(old.location, identity, model)
    add_words(old, identity)
    changed = new_identity(identity, model)
    new = open_new_table(old.location, changed, model)
    done, total = new.ids(), old.snapshot().clips
    rows: list[pa.Table] = []
    languages = {id: video.language for id, video in old.snapshot().videos.items()}
    for facts, features in _stored_clips(old, done):
        said = [said_in_clip(clip, languages.get(clip.video)) for clip in facts]
        rows.append(clip_rows(model, facts, from_rows(features, model, said)))
        done.update(clip.id for clip in facts)
        if sum(map(len, rows)) >= COMMIT_CLIPS:
            new.add_clips(rows)
            rows = []
        if progress:
            progress("reindexed", len(done), total)
    if rows:
        new.add_clips(rows)
    new.maintain()
    return changed, ReindexReport(new.snapshot().clips, time.monotonic() - begun)


def _check_towers(location: Path, identity: Identity, model: VideoTextModel) -> None:
    if identity.towers != model.towers_fingerprint:
        raise HearsightError(
            f"the features in the library at {location} come from other towers than this model's, or from other "
            "settings; give a model with the same towers, or read the files again: hearsight index FOLDER --model NAME"
        )


def _stored_clips(old: Store, done: Set[str]) -> Iterator[tuple[list[ClipFacts], pa.Table]]:
    """Yield batches of the clips that are not done yet, with their features in the same order."""
    assert old.features, "reindex checks that features exist"
    for table in old.batches(FACTS, BATCH_SIZE):
        facts = [facts_of(row) for row in table.to_pylist() if row["id"] not in done]
        if not facts:
            continue
        features = old.features.rows([clip.id for clip in facts])
        row_of = {id: row for row, id in enumerate(features["id"].to_pylist())}
        if missing := [clip.id for clip in facts if clip.id not in row_of]:
            raise HearsightError(
                f"the library at {old.location} lacks the features of {len(missing)} clips, {missing[0]} among them; "
                "create it anew with --rebuild"
            )
        yield facts, features.take(pa.array([row_of[clip.id] for clip in facts]))
