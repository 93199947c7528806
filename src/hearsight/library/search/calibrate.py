"""Derives the calibration of a library: what neutral queries score in a sample of its clips.

The names of scores: "model" (the video model's similarity), "seen", "heard" and "said" (what each sense adds to it),
"meaning" (the text expert's), "sound" (the sound expert's), "spoken" (meaning and words), "all" (everything together),
"all, said", "all, heard" and "all, said and heard" (the same for a query that asks for speech, names a sound, or does
both). Where pictures have been read: "text" (the text expert's, with what is read), "written" (the same and words), and
"all, read". Where subtitles describe sounds: "described" (words). `nulls` has them all; `scales` has those that are not
put together from others.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
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
from hearsight.library.tables.windows import of_text
from hearsight.models.query_encoder import QueryEncoder

SAMPLE = 500  # clips
FORMULA = 2  # one more for every change of experts/ensemble.py: a null of another formula says nothing
DECIMALS = 2  # of vectors; those that differ less are of copies
# The name of the score.
COMBINED: dict[Sense, str] = {
    "": "all",
    "said": "all, said",
    "heard": "all, heard",
    "said and heard": "all, said and heard",
    "read": "all, read",
}

Array = NDArray[np.float64]


def calibrate(
    store: Store,
    encoder: QueryEncoder,
    fingerprint: str,
    experts: dict[str, str],
    sounds: dict[str, str],
    readers: dict[str, str],
) -> Calibration | None:
    """Derive the calibration of a library; None for one without clips.

    fingerprint: the model's. experts, sounds: the fingerprints of the text and the sound experts whose windows are
    stored, by name. readers: that of what has read the texts in pictures; {} where nothing has.
    """
    sample = _sample(store, experts, sounds, bool(readers))
    if sample is None:
        return None
    vectors, texts = neutral_vectors(encoder.encode, encoder.text_width, fingerprint), neutral_queries()
    fields = sample.fields(encoder.extra)
    similarities = encoder.similarities(vectors, fields)
    scores = {"model": np.where(fields["pooled"].any(axis=1), similarities, np.nan)}  # NaN: nothing is seen or heard
    scores |= sense_scores(sample.table, vectors)
    text_experts, nothing = list(map(load_expert, experts)), np.full_like(scores["model"], np.nan)
    scores["meaning"] = _best(nothing, [sample.window_scores(each.name, _vectors(each)) for each in text_experts])
    heard = [sample.window_scores(each.name, _vectors(each)) for each in map(load_sound_expert, sounds)]
    scores["sound"] = _best(nothing, heard)
    if sample.texts:
        read = [sample.window_scores(of_text(each.name), _vectors(each)) for each in text_experts]
        scores["text"] = _best(nothing, read)
    scales = {name: Scale.of(values) for name, values in scores.items()}
    standard = {name: scales[name].apply(values) for name, values in scores.items()}
    standard["model"] = standard["model"] - unfamiliar_shares(texts, encoder)[:, None]
    strength = np.stack([sample.strengths(query) for query in _neutral_words()])
    standard["spoken"] = spoken(standard["meaning"], strength)
    text, text_strength = standard.get("text"), np.zeros_like(strength)
    if text is not None and sample.texts:
        text_strength = np.stack([sample.texts.strengths(query) for query in _neutral_words()])
        standard["written"] = spoken(text, text_strength)
    if sample.describes_sounds:
        described = np.stack([sample.strengths(query) for query in _neutral_words(describes_sound=True)])
        standard["described"] = spoken(np.zeros_like(described), described)
    reads = scales["said"].is_informative
    for asks_for, name in COMBINED.items():
        if asks_for != "read" or text is not None:
            by_expert = standard["model"], standard["meaning"], standard["sound"]
            standard[name] = combine(*by_expert, strength, asks_for, reads, text, text_strength)
    clips = _count_distinct(sample, fields["pooled"])
    nulls = {name: Null.of(np.nan_to_num(values, nan=0.0).max(axis=1), clips) for name, values in standard.items()}
    version = store.clips_version()
    return Calibration(fingerprint, source_of_nulls(), version, experts, sounds, scales, nulls, readers)


def source_of_nulls() -> str:
    """Return what nulls are derived from besides a library: the bank of queries, and how scores are put together."""
    return f"{bank_fingerprint()}-{FORMULA}"


def _best(nothing: Array, scores: Sequence[NDArray[np.float32]]) -> Array:
    """Return the best score by any of several experts; NaN where none has one. nothing: NaN, in their shape."""
    best = nothing
    for each in scores:
        best = np.fmax(best, each)
    return best


def _count_distinct(sample: InMemory, pooled: NDArray[np.float32]) -> int:
    """Return the number of clips without copies of others: what the model does not see is told apart by what is said.

    pooled: of each clip, (n, D).
    """
    seen = pooled.any(axis=1)
    texts, ids = (sample.table[name].to_pylist() for name in ("transcript", "id"))
    unseen = {texts[row] or ids[row] for row in np.flatnonzero(~seen)}
    return len(np.unique(pooled[seen].round(DECIMALS), axis=0)) + len(unseen)


@cache
def _neutral_words(describes_sound: bool = False) -> tuple[Query, ...]:
    """Return the words of the bank's queries, once in a process. describes_sound: as in `Query`."""
    return tuple(Query(text, describes_sound=describes_sound) for text in neutral_queries())


def _vectors(expert: TextExpert | SoundExpert) -> NDArray[np.float32]:
    return neutral_vectors(expert.encode_queries, expert.width, expert.fingerprint)


def _sample(store: Store, experts: Collection[str], sounds: Collection[str], with_texts: bool) -> InMemory | None:
    """Return a fixed sample of a library's clips, which changes little as the library grows; None if it has none."""
    ids = sorted(store.complete_ids(), key=lambda id: (crc32(id.encode()), id))[:SAMPLE]
    if not ids:
        return None
    clips = store.rows(id_condition("id", ids), [name for name in store.clips.schema.names if name != "thumbnail"])
    names = [*experts, *sounds, *(map(of_text, experts) if with_texts else ())]
    texts = store.texts.of_clips(ids) if with_texts else None
    return InMemory(clips, {name: store.windows(name).of_clips(ids) for name in names}, texts)
