"""Searches the clips of a library in its tables on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hearsight.library.search.clip_vectors import ClipVectors, FieldShapes, ranking_columns
from hearsight.library.search.clip_windows import ClipWindows
from hearsight.library.search.condition import Condition
from hearsight.library.search.library_windows import LibraryWindows
from hearsight.library.search.phrase import Phrase
from hearsight.library.search.query_words import Query, WordMatch
from hearsight.library.search.words_on_disk import SILENT, WordsOnDisk
from hearsight.library.tables.schema import id_condition
from hearsight.library.tables.snapshot import Snapshot
from hearsight.library.tables.store import Store
from hearsight.library.words.indexed_words import stems_of_rows
from hearsight.library.words.stems import HEARD, stemming_languages

MOST_WORDS = 10_000  # of queries whose occurrence is remembered


class OnDisk:
    """A `ClipIndex` that reads the tables on disk at every search."""

    def __init__(self, store: Store, snapshot: Snapshot) -> None:
        self.store, self.snapshot = store, snapshot

    @property
    def _words(self) -> WordsOnDisk:
        return WordsOnDisk(self.store.transcripts, stemming_languages(self.snapshot.videos.languages))

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
        """Implement `ClipIndex`, searching vectors, words and windows at the same time: each keeps one core busy.

        The columns of a clip take longer to read than its id to find: they are read once, however often it is found.
        """
        words, sql, matches = self._words.text_of(query) if query else "", condition.sql, dict[str, WordMatch]()
        columns = ["id", self.store.transcripts.indexed]
        with ThreadPoolExecutor(2) as pool:
            word_search = pool.submit(self.store.matching, words, columns, limit, sql) if words else None
            window_search = (
                pool.submit(self._nearest_windows, window_vectors, limit, condition) if window_vectors else None
            )
            row_ids = set[int]() if vector is None else set(self.store.nearest(vector, limit, sql))
        if word_search is not None and query is not None:
            table = word_search.result()
            row_ids.update(table["_rowid"].to_pylist())
            ids, scores = table["id"].to_pylist(), table["_score"].to_pylist()
            for id, score, transcript in zip(ids, scores, stems_of_rows(table, "transcript"), strict=True):
                if query.is_in(transcript):
                    matches[id] = query.match(transcript, score)
        if window_search is not None:
            row_ids.update(window_search.result())
        if others:
            row_ids.update(self._row_ids(set(others), condition))
        clips = ClipVectors.read(self._read(row_ids, ranking_columns(extra)), extra)
        # A clip may have been added since the snapshot.
        return clips.take([row for row, id in enumerate(clips.videos) if id in self.snapshot.videos]), matches

    def _read(self, row_ids: set[int], columns: list[str]) -> pa.Table:
        """Return these columns of clips, in the order of rows: scores are rounded alike in every search."""
        if not row_ids:
            return self.store.rows("false", columns)
        return self.store.take(sorted(row_ids), columns).sort_by("_rowid")

    def windows_of(self, expert: str, ids: Sequence[str]) -> ClipWindows:
        """Implement `ClipIndex`."""
        windows = self.store.windows(expert)
        if windows.loaded:
            in_memory: ClipWindows = windows.loaded.of_clips(ids)
            return in_memory
        return ClipWindows.read(windows.of_clips(ids), {id: row for row, id in enumerate(ids)})

    def _nearest_windows(
        self, window_vectors: Sequence[tuple[str, NDArray[np.float32]]], limit: int, condition: Condition
    ) -> list[int]:
        """Return the row ids of the clips whose windows are nearest to each expert's vector."""
        ids = set[str]()
        for name, vector in window_vectors:
            windows, sql = self.store.windows(name), condition.sql_of_windows
            loaded = windows.load(LibraryWindows) if sql is None else None
            count = limit if condition.has_sound is None else SILENT * limit  # windows do not have that column
            ids.update(loaded.nearest(vector, count) if loaded else windows.nearest(vector, count, sql))
        return self._row_ids(ids, condition)

    def _row_ids(self, ids: set[str], condition: Condition) -> list[int]:
        """Return the row ids of those of these clips that a search may find."""
        if condition.sql is None:
            return self.store.row_ids(ids)
        rows = self.store.rows(f"{id_condition('id', ids)} AND {condition.sql}", ["id"])
        row_ids: list[int] = rows["_rowid"].to_pylist()
        return row_ids

    def rows(self, row_ids: Mapping[str, int], names: Sequence[str]) -> pa.Table:
        """Implement `ClipIndex`."""
        table = self.store.take(list(row_ids.values()), names)
        # Rows move when fragments are merged, which may happen at any time.
        complete = set(table["id"].to_pylist()) == row_ids.keys()
        return table if complete else self.store.rows(id_condition("id", row_ids), names)

    @property
    def describes_sounds(self) -> bool:
        """Implement `ClipIndex`."""
        return self._remember(HEARD, lambda: self._words.describes_sounds)  # in upper case: no word of a query

    def match_sounds(self, query: Query, limit: int, condition: Condition) -> dict[str, WordMatch]:
        """Implement `ClipIndex`."""
        if not (words := self._words.text_of(query)):
            return {}
        table = self.store.matching(words, ["id", self.store.transcripts.indexed], limit, condition.sql)
        columns = table["id"].to_pylist(), stems_of_rows(table, "transcript"), table["_score"].to_pylist()
        return {id: query.match(text, score) for id, text, score in zip(*columns, strict=True) if query.is_in(text)}

    def clips_of_video(
        self, video: str, query: Query | None, extra: FieldShapes
    ) -> tuple[ClipVectors, dict[str, WordMatch]]:
        """Implement `ClipIndex`."""
        table = self.store.rows(
            id_condition("video", [video]), [*ranking_columns(extra), self.store.transcripts.indexed]
        )
        return ClipVectors.read(table, extra), match_transcripts(table, query)

    def clips_saying(self, phrases: Sequence[Phrase]) -> frozenset[str]:
        """Implement `ClipIndex`."""
        return self._words.clips_with(phrases)

    def has_word(self, word: str) -> bool:
        """Implement `ClipIndex`."""
        return self._remember(word, lambda: self._words.has_word(word))

    def _remember(self, word: str, occurs: Callable[[], bool]) -> bool:
        """Return whether a word occurs, which is looked up once for each state of the library."""
        occurring = self.snapshot.occurring_words
        if word not in occurring:
            if len(occurring) >= MOST_WORDS:
                occurring.clear()
            occurring[word] = occurs()
        return occurring[word]

    def near_words(self, edits_of: Mapping[str, int]) -> dict[str, Counter[str]]:
        """Implement `ClipIndex`."""
        return self._words.near_words(edits_of)


def match_transcripts(table: pa.Table, query: Query | None) -> dict[str, WordMatch]:
    """Return how strongly each clip's transcript matches a query, by id; used in place of BM25, too."""
    if query is None:
        return {}
    clips = zip(table["id"].to_pylist(), stems_of_rows(table, "transcript"), strict=True)
    matches = {id: query.match(transcript, 0.0) for id, transcript in clips}
    return {id: match._replace(bm25=match.strength) for id, match in matches.items()}
