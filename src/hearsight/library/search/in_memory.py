"""Searches the clips of a library in memory, for a server that answers many searches.

A search on disk spends a few milliseconds of every core on reading what the previous search has read, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hearsight.library.search.clip_vectors import ClipVectors, FieldShapes, ranking_columns, read_extra
from hearsight.library.search.clip_windows import ClipWindows
from hearsight.library.search.condition import Condition
from hearsight.library.search.on_disk import match_transcripts
from hearsight.library.search.phrase import Phrase
from hearsight.library.search.query_words import Query, WordMatch
from hearsight.library.search.text_index import TextsInMemory
from hearsight.library.search.word_index import highest, word_index
from hearsight.library.tables.library_json import Identity
from hearsight.library.tables.schema import WORDS
from hearsight.library.tables.store import Store


class InMemory:
    """A `ClipIndex` that holds all clips in memory and never changes.

    table: the rows of all clips, with every column that searches read. windows: those of each expert, by its name.
    texts: what is read in their pictures; None where nothing is.
    """

    def __init__(
        self, table: pa.Table, windows: Mapping[str, pa.Table] | None = None, texts: pa.Table | None = None
    ) -> None:
        self.table = table.combine_chunks()
        self._vectors = ClipVectors.read(self.table, {})
        self._words = word_index(self.table, "transcript")
        videos = self.table["video"].combine_chunks().dictionary_encode()
        self._video_ids: list[str] = videos.dictionary.to_pylist()
        self._videos: NDArray[np.int64] = videos.indices.to_numpy().astype(np.int64)
        self._starts, self._ends = (self.table[name].to_numpy() for name in ("start", "end"))
        self._flags = {name: np.array(self.table[name].to_pylist(), bool) for name in ("has_speech", "has_sound")}
        self._row_of = {id: row for row, id in enumerate(self._vectors.ids)}
        self._windows = {name: ClipWindows.read(rows, self._row_of) for name, rows in (windows or {}).items()}
        self.texts = None if texts is None else TextsInMemory(texts, self._vectors.ids, self._mask)

    def candidates(
        self,
        vector: NDArray[np.float32] | None,
        query: Query | None,
        window_vectors: Sequence[tuple[str, NDArray[np.float32]]],
        limit: int,
        condition: Condition,
        extra: FieldShapes,
        others: Collection[str] = (),
    ) -> tuple[ClipVectors, dict[str, WordMatch]]:
        """Implement `ClipIndex`."""
        mask = self._mask(condition)
        matches = self._words.match(query, limit, mask) if query else {}
        rows = self._nearest(vector, limit, mask) if vector is not None else []
        for name, of_query in window_vectors:
            scores = self._windows[name].best(of_query[None], len(self.table))[0]
            with_windows = np.isfinite(scores)
            rows += highest(scores, (with_windows if mask is None else with_windows & mask).nonzero()[0], limit)
        rows += [row for id in others if (row := self._row_of.get(id)) is not None and (mask is None or mask[row])]
        clips = self._take(list(dict.fromkeys([*rows, *matches])), extra)
        return clips, {self._vectors.ids[row]: match for row, match in matches.items()}

    def windows_of(self, expert: str, ids: Sequence[str]) -> ClipWindows:
        """Implement `ClipIndex`."""
        return self._windows[expert].take([self._row_of.get(id, -1) for id in ids])

    def rows(self, row_ids: Mapping[str, int], names: Sequence[str]) -> pa.Table:
        """Implement `ClipIndex`."""
        return self.table.select(names).take(pa.array(row_ids.values(), pa.int64()))

    @property
    def describes_sounds(self) -> bool:
        """Implement `ClipIndex`."""
        return self._words.describes_sounds

    def match_sounds(self, query: Query, limit: int, condition: Condition) -> dict[str, WordMatch]:
        """Implement `ClipIndex`."""
        matches = self._words.match(query, limit, self._mask(condition))
        return {self._vectors.ids[row]: match for row, match in matches.items()}

    def clips_of_video(
        self, video: str, query: Query | None, extra: FieldShapes
    ) -> tuple[ClipVectors, dict[str, WordMatch]]:
        """Implement `ClipIndex`."""
        number = self._video_ids.index(video) if video in self._video_ids else -1
        rows = (self._videos == number).nonzero()[0].tolist()
        columns = [name for name in ("id", "transcript", WORDS) if name in self.table.column_names]
        table = self.table.select(columns).take(pa.array(rows, pa.int64()))
        return self._take(rows, extra), match_transcripts(table, query)

    def clips_saying(self, phrases: Sequence[Phrase]) -> frozenset[str]:
        """Implement `ClipIndex`."""
        return frozenset(self._vectors.ids[row] for row in self._words.rows_with(phrases))

    def has_word(self, word: str) -> bool:
        """Implement `ClipIndex`."""
        return self._words.has_word(word)

    def near_words(self, edits_of: Mapping[str, int]) -> dict[str, Counter[str]]:
        """Implement `ClipIndex`."""
        return self._words.near_words(edits_of)

    def fields(self, extra: FieldShapes) -> dict[str, NDArray[Any]]:
        """Return what a model's similarity reads of all clips (`QueryEncoder.similarity`)."""
        return self._take(list(range(len(self.table))), extra).fields

    def window_scores(self, expert: str, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return an expert's scores, (N, n): of N queries with all clips, NaN for a clip without windows."""
        return self._windows[expert].best(vectors, len(self.table))

    def strengths(self, query: Query) -> NDArray[np.float64]:
        """Return how certainly each transcript has a query's words, (n,)."""
        return self._words.strengths(query)

    def _take(self, rows: list[int], extra: FieldShapes) -> ClipVectors:
        clips = self._vectors.take(rows)
        if extra:
            table = self.table.select(ranking_columns(extra)).take(pa.array(rows, pa.int64()))
            clips.extra.update(read_extra(table, extra))
        return clips

    def _nearest(self, vector: NDArray[np.float32], limit: int, mask: NDArray[np.bool_] | None) -> list[int]:
        """Return the rows with the pooled vectors nearest to a vector, in any order."""
        products = self._vectors.pooled @ vector
        return highest(products, np.arange(len(products)) if mask is None else mask.nonzero()[0], limit)

    def _mask(self, condition: Condition) -> NDArray[np.bool_] | None:
        """Return a mask of the rows that a search may find; None for all."""
        masks = [self._flags[name] == value for name in self._flags if (value := getattr(condition, name)) is not None]
        if condition.videos is not None:
            masks.append(np.array([id in condition.videos for id in self._video_ids], bool)[self._videos])
        elif condition.hidden:
            masks.append(np.array([id not in condition.hidden for id in self._video_ids], bool)[self._videos])
        if condition.from_seconds is not None:
            masks.append(self._ends > condition.from_seconds)
        if condition.to_seconds is not None:
            masks.append(self._starts < condition.to_seconds)
        if condition.clips is not None:
            masks.append(self._rows_of(condition.clips))
        if condition.hidden_clips:
            masks.append(~self._rows_of(condition.hidden_clips))
        return np.logical_and.reduce(masks) if masks else None

    def _rows_of(self, clips: frozenset[str]) -> NDArray[np.bool_]:
        """Return a mask of the rows of clips, by their ids."""
        return np.fromiter((id in clips for id in self._vectors.ids), bool, len(self._vectors.ids))


def open_store(location: Path, identity: Identity, in_memory: bool) -> Store:
    """Open the tables of a library. in_memory: keep what searches read in memory, unless it is too much."""
    return Store(location, identity, InMemory) if in_memory else Store(location, identity)
