"""Derives the calibration of a library: what neutral queries score in a sample of its clips.

The names of scores: "model" (the video model's similarity), "seen", "heard" and "said" (what each sense adds to it),
"meaning" (the text expert's), "spoken" (meaning and words), "all" (everything together), and "all, said" (the same for
a query that asks for speech). `nulls` has them all; `scales` has those that are not put together from others.
"""

from __future__ import annotations

from functools import cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from hearsight.experts.calibration import Null, Scale
from hearsight.experts.ensemble import combine, spoken
from hearsight.experts.expert import TextExpert
from hearsight.experts.neutral_queries import bank_fingerprint, neutral_queries, neutral_vectors
from hearsight.experts.registry import load_expert
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

Array = NDArray[np.float64]


def calibrate(store: Store, encoder: QueryEncoder, fingerprint: str, experts: dict[str, str]) -> Calibration | None:
    """Derive the calibration of a library; None for one without clips.

    fingerprint: the model's. experts: the fingerprints of the experts whose windows are stored, by name.
    """
    sample = _sample(store, experts)
    if sample is None:
        return None
    vectors, texts = neutral_vectors(encoder.encode, encoder.text_width, fingerprint), neutral_queries()
    fields = sample.fields(encoder.extra)
    similarities = encoder.similarities(vectors, fields)
    scores = {"model": np.where(fields["pooled"].any(axis=1), similarities, np.nan)}  # NaN: nothing is seen or heard
    scores |= sense_scores(sample.table, vectors)
    meanings = [sample.meanings(name, _neutral_meanings(load_expert(name))) for name in experts]
    scores["meaning"] = np.fmax.reduce(meanings) if meanings else np.full_like(scores["model"], np.nan)
    scales = {name: Scale.of(values) for name, values in scores.items()}
    standard = {name: scales[name].apply(values) for name, values in scores.items()}
    standard["model"] = standard["model"] - unfamiliar_shares(texts, encoder)[:, None]
    strength = np.stack([sample.strengths(query) for query in _neutral_words()])
    standard["spoken"] = spoken(standard["meaning"], strength)
    for name, asks_for_speech in (("all", False), ("all, said", True)):
        standard[name] = combine(standard["model"], standard["meaning"], strength, asks_for_speech)
    clips = len(np.unique(fields["pooled"].round(DECIMALS), axis=0))
    nulls = {name: Null.of(np.nan_to_num(values, nan=0.0).max(axis=1), clips) for name, values in standard.items()}
    return Calibration(fingerprint, bank_fingerprint(), store.clips_version(), experts, scales, nulls)


@cache
def _neutral_words() -> tuple[Query, ...]:
    """Return the words of the bank's queries, once in a process."""
    return tuple(map(Query, neutral_queries()))


def _neutral_meanings(expert: TextExpert) -> NDArray[np.float32]:
    return neutral_vectors(expert.encode_queries, expert.width, expert.fingerprint)


def _sample(store: Store, experts: dict[str, str]) -> InMemory | None:
    """Return a fixed sample of a library's clips, which changes little as the library grows; None if it has none."""
    ids = sorted(store.complete_ids(), key=lambda id: (crc32(id.encode()), id))[:SAMPLE]
    if not ids:
        return None
    clips = store.rows(id_condition("id", ids), [name for name in store.clips.schema.names if name != "thumbnail"])
    return InMemory(clips, {name: store.windows(name).of_clips(ids) for name in experts})
