"""Derives the calibration of a library: what neutral queries score in a sample of its clips.

The names of scores: "model" (the video model's similarity), "seen", "heard" and "said" (what each sense adds to it),
"meaning" (the text expert's), "sound" (the sound expert's), "spoken" (meaning and words), "all" (everything together),
"all, said" and "all, heard" (the same for a query that asks for speech, or names a sound). `nulls` has them all;
`scales` has those that are not put together from others.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from hearsight.experts.calibration import Null, Scale
from hearsight.experts.ensemble import Sense, combine, spoken
from hearsight.experts.expert import TextExpert
from hearsight.experts.neutral_queries import bank_fingerprint, neutral_queries, neutral_vectors
from hearsight.experts.registry import load_expert
from hearsight.experts.sound_expert import SoundExpert
from hearsight.experts.sound_registry import load_sound_expert
from hearsight.library.search.encoded_question import unfamiliar_shares
from hearsight.library.search.in_memory import InMemory
from hearsight.library.search.query_words import Query
from hearsight.library.search.senses import sense_scores
from hearsight.library.tables.calibration_file import Calibration
from hearsight.library.tables.schema import id_condition
from hearsight.library.tables.store import Store
from hearsight.models.query_encoder import QueryEncoder

SAMPLE = 500  # clips
DECIMALS = 2  # of vectors; those that differ less are of copies
COMBINED: dict[Sense, str] = {"": "all", "said": "all, said", "heard": "all, heard"}  # the name of the score

Array = NDArray[np.float64]


def calibrate(
    store: Store, encoder: QueryEncoder, fingerprint: str, experts: dict[str, str], sounds: dict[str, str]
) -> Calibration | None:
    """Derive the calibration of a library; None for one without clips.

    fingerprint: the model's. experts, sounds: the fingerprints of the text and the sound experts whose windows are
    stored, by name.
    """
    sample = _sample(store, [*experts, *sounds])
    if sample is None:
        return None
    vectors, texts = neutral_vectors(encoder.encode, encoder.text_width, fingerprint), neutral_queries()
    fields = sample.fields(encoder.extra)
    similarities = encoder.similarities(vectors, fields)
    scores = {"model": np.where(fields["pooled"].any(axis=1), similarities, np.nan)}  # NaN: nothing is seen or heard
    scores |= sense_scores(sample.table, vectors)
    for kind, loaded in (("meaning", map(load_expert, experts)), ("sound", map(load_sound_expert, sounds))):
        by_expert = [sample.window_scores(expert.name, _neutral_vectors(expert)) for expert in loaded]
        scores[kind] = np.fmax.reduce(by_expert) if by_expert else np.full_like(scores["model"], np.nan)
    scales = {name: Scale.of(values) for name, values in scores.items()}
    standard = {name: scales[name].apply(values) for name, values in scores.items()}
    standard["model"] = standard["model"] - unfamiliar_shares(texts, encoder)[:, None]
    strength = np.stack([sample.strengths(query) for query in _neutral_words()])
    standard["spoken"] = spoken(standard["meaning"], strength)
    for asks_for, name in COMBINED.items():
        standard[name] = combine(standard["model"], standard["meaning"], standard["sound"], strength, asks_for)
    clips = _count_distinct(sample, fields["pooled"])
    nulls = {name: Null.of(np.nan_to_num(values, nan=0.0).max(axis=1), clips) for name, values in standard.items()}
    return Calibration(fingerprint, bank_fingerprint(), store.clips_version(), experts, sounds, scales, nulls)


def _count_distinct(sample: InMemory, pooled: NDArray[np.float32]) -> int:
    """Return the number of clips without copies of others: what the model does not see is told apart by what is said.

    pooled: of each clip, (n, D).
    """
    seen = pooled.any(axis=1)
    texts, ids = (sample.table[name].to_pylist() for name in ("transcript", "id"))
    unseen = {texts[row] or ids[row] for row in np.flatnonzero(~seen)}
    return len(np.unique(pooled[seen].round(DECIMALS), axis=0)) + len(unseen)


@cache
def _neutral_words() -> tuple[Query, ...]:
    """Return the words of the bank's queries, once in a process."""
    return tuple(map(Query, neutral_queries()))


def _neutral_vectors(expert: TextExpert | SoundExpert) -> NDArray[np.float32]:
    return neutral_vectors(expert.encode_queries, expert.width, expert.fingerprint)


def _sample(store: Store, experts: Sequence[str]) -> InMemory | None:
    """Return a fixed sample of a library's clips, which changes little as the library grows; None if it has none."""
    ids = sorted(store.complete_ids(), key=lambda id: (crc32(id.encode()), id))[:SAMPLE]
    if not ids:
        return None
    clips = store.rows(id_condition("id", ids), [name for name in store.clips.schema.names if name != "thumbnail"])
    return InMemory(clips, {name: store.windows(name).of_clips(ids) for name in experts})
