"""Finding moments: two stages of meaning, and the words that are said.

By meaning ("dense"): the clips whose pooled vectors are nearest to the query's, then the exact similarity of the model
on their frame vectors. By words ("speech"): BM25 over the transcripts. "hybrid" adds the reciprocal ranks of both
(Cormack et al., SIGIR 2009; k = 60).

Plain reciprocal rank fusion lets any transcript that shares a word with a query overtake the clip that shows it: being
first by words is worth as much as being first by sight. So a transcript only takes part if it has at least half of the
query's content words, and its share is weighed by how surely it says what is asked (`Query.strength`): a line quoted
from memory counts fully and comes first, one word in common counts a third and helps a clip that already looks right.

How often the right clip comes first, over 400 Soundstage scenes with a fifth of the spoken words misheard, and beside a
made-up model that puts the right clips three deviations above the others, but for quotations knows nothing:

                                     sight   sound   sight and sound   quotation
    the model alone                   0.85    1.00              0.63        0.01
    plain fusion                      0.63    0.94              0.32        0.06
    half of the words, unweighed      0.79    0.94              0.63        0.36
    half of the words, weighed        0.84    1.00              0.63        0.64

Queries that reword what is said share too few words to gain: those are the speech branch's to find.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from hearsight.errors import HearsightError
from hearsight.library.explain import Candidates, explain
from hearsight.library.results import Filters, Mode, SearchResult
from hearsight.library.schema import Video, read_mask, read_vectors
from hearsight.library.store import Snapshot, Store, among
from hearsight.library.words import Query, stems
from hearsight.models.clip4clip import CLIP4Clip
from hearsight.types import VideoEmbedding

CANDIDATES, PER_HIT, MOST_CANDIDATES = 200, 10, 5000
K = 60
FIRST_BY_BOTH = 2 / (K + 1)

COLUMNS = [
    "id", "video", "start", "end", "pooled", "frames", "mask", "without_audio", "without_speech", "without_both",
    "gates", "transcript", "lines", "has_speech", "has_sound",
]  # fmt: skip


def search(
    store: Store, folder: Path, text: str, model: CLIP4Clip, mode: Mode, limit: int, filters: Filters
) -> SearchResult:
    """See `Library.search`."""
    begun = time.perf_counter()
    query = Query.of(text)
    if mode == "speech" and not query.content:
        raise HearsightError(f"nobody can say {query.text.strip()[:40]!r}; give words, or leave out the mode 'speech'")
    with torch.inference_mode():
        vector = model.encode_text(model.tokenize([query.text])).float().cpu().numpy()[0]
    snapshot = store.snapshot()
    where = condition(snapshot, filters)
    wanted = max(CANDIDATES, PER_HIT * min(limit, snapshot.clips))
    while True:
        found = candidates(store, query, vector, model, mode, wanted, where)
        order, scores = rank(found, mode)
        rows = found.table.select(["video", "id"]).to_pylist()
        order = [row for row in order if rows[row]["video"] in snapshot.videos]
        videos = len({rows[row]["video"] for row in order})
        # One long film can fill all places: look further, where there is more.
        if videos >= min(limit, len(snapshot.videos)) or not wanted <= len(found.table) < MOST_CANDIDATES:
            break
        wanted *= 4
    hits = explain(found, order, scores, query, vector, mode, snapshot.videos, folder, limit)
    milliseconds = 1000 * (time.perf_counter() - begun)
    return SearchResult(query.text, mode, hits, len(order), videos, snapshot.clips, milliseconds)


# Which clips


def condition(snapshot: Snapshot, filters: Filters) -> str | None:
    """The filters as SQL. No text of a person is in it: paths are matched here, and asked for by video."""
    parts = []
    fitting = [id for id, video in snapshot.videos.items() if _fits(video, filters)]
    if len(fitting) < len(snapshot.videos):
        parts.append(among("video", fitting))
    elif snapshot.hidden:
        parts.append(f"NOT ({among('video', snapshot.hidden)})")
    for column, value in (("has_speech", filters.has_speech), ("has_sound", filters.has_sound)):
        if value is not None:
            parts.append(column if value else f"NOT {column}")
    return " AND ".join(parts) or None


def _fits(video: Video, filters: Filters) -> bool:
    """Whether the filters on whole videos let one pass."""
    if filters.path is not None:
        path, pattern = video.path.casefold(), filters.path.casefold()
        if not (pattern in path or fnmatch(path, pattern)):
            return False
    longest = math.inf if filters.max_seconds is None else filters.max_seconds
    return (filters.min_seconds or 0.0) <= video.duration <= longest


def candidates(
    store: Store,
    query: Query,
    vector: NDArray[np.float32],
    model: CLIP4Clip,
    mode: Mode,
    wanted: int,
    where: str | None,
) -> Candidates:
    """The clips nearest in meaning and those found by words, each once, with everything that ranks them."""
    tables, bm25 = [], {}
    if mode != "speech":
        tables.append(store.nearest(vector, COLUMNS, wanted, where))
    if mode != "dense" and query.content:
        table = store.saying(query.spoken, COLUMNS, wanted, where)
        bm25 = dict(zip(table["id"].to_pylist(), table["_score"].to_pylist(), strict=True))
        tables.append(table)
    table = (
        _distinct(pa.concat_tables([table.select(COLUMNS) for table in tables]))
        if tables
        else store.clips.schema.empty_table().select(COLUMNS)
    )
    similarity, per_frame = score(table, vector, model)
    found = bm25.keys()
    strength = [
        query.strength(stems(transcript)) if id in found else 0.0
        for id, transcript in zip(table["id"].to_pylist(), table["transcript"].to_pylist(), strict=True)
    ]
    said = np.array([bm25.get(id, 0.0) for id in table["id"].to_pylist()])
    return Candidates(table, similarity, per_frame, said, np.array(strength))


def _distinct(table: pa.Table) -> pa.Table:
    first = {id: row for row, id in reversed(list(enumerate(table["id"].to_pylist())))}
    return table.take(pa.array(sorted(first.values()), pa.int64()))


def score(
    table: pa.Table, vector: NDArray[np.float32], model: CLIP4Clip
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The model's exact similarity of each clip, and the cosine of each of its frames (-1 for padding)."""
    if not len(table):
        return np.empty(0, np.float32), np.empty((0, model.config.frames), np.float32)
    mask = read_mask(table)
    frames = torch.from_numpy(read_vectors(table, "frames")).view(*mask.shape, -1).to(model.device)
    pooled = torch.from_numpy(read_vectors(table, "pooled")).to(model.device)
    text = torch.from_numpy(vector).to(model.device)
    video = VideoEmbedding(frames, torch.from_numpy(mask).to(model.device), pooled, vision=frames)
    with torch.inference_mode():
        similarity: NDArray[np.float32] = model.similarity(text[None], video)[0].cpu().numpy()
        per_frame: NDArray[np.float32] = (frames @ text[: model.width]).cpu().numpy()
    return similarity, np.where(mask, per_frame, np.float32(-1))


# In which order


def rank(found: Candidates, mode: Mode) -> tuple[list[int], NDArray[Any]]:
    """Rows, best first, and the score of each row. Equal ones are in order of their ids."""
    ids = found.table["id"].to_pylist()
    by_meaning = _order(ids, found.similarity)
    if mode == "dense":
        return by_meaning, found.similarity
    by_words = [row for row in _order(ids, found.bm25) if found.bm25[row] > 0]
    if mode == "speech":
        return by_words, found.bm25
    scores = np.zeros(len(ids))
    for place, row in enumerate(by_meaning, start=1):
        scores[row] += 1 / (K + place)
    said = [row for row in _order(ids, found.strength, found.bm25) if found.strength[row] > 0]
    for place, row in enumerate(said, start=1):
        scores[row] += found.strength[row] / (K + place)
    scores *= 100 / FIRST_BY_BOTH
    return _order(ids, scores), scores


def _order(ids: Sequence[str], *scores: NDArray[Any]) -> list[int]:
    return sorted(range(len(ids)), key=lambda row: (*(-score[row] for score in scores), ids[row]))
