"""Searches what is read in the pictures of clips, on disk or in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hearsight.library.search.condition import Condition
from hearsight.library.search.phrase import Phrase
from hearsight.library.search.query_words import Query, WordMatch
from hearsight.library.search.word_index import WordIndex
from hearsight.library.search.words_on_disk import SILENT, WordsOnDisk
from hearsight.library.tables.schema import VIDEO_LETTERS
from hearsight.library.tables.texts import COLUMN, Texts
from hearsight.library.words.indexed_words import stems_of_rows

Lines = list[dict[str, Any]]  # of a clip, as tables/texts.py has them
MaskOf = Callable[[Condition], NDArray[np.bool_] | None]


class TextIndex(Protocol):
    """The interface of `TextsOnDisk` and `TextsInMemory`."""

    def match(self, query: Query, limit: int, condition: Condition) -> dict[str, WordMatch]:
        """Return how the clips whose texts match a query's words best match them, by id; at most `limit`."""

    def match_video(self, video: str, query: Query) -> dict[str, WordMatch]:
        """Return how the texts of a video's clips match a query's words, by id."""

    def clips_with(self, phrases: Sequence[Phrase]) -> frozenset[str]:
        """Return the ids of all clips whose texts contain any of the phrases, at least one."""

    def has_word(self, word: str) -> bool:
        """Return whether any text contains a word, in any form."""

    def near_words(self, edits_of: Mapping[str, int]) -> dict[str, Counter[str]]:
        """Return the words of texts that are like others; see `ClipIndex`."""

    def lines(self, ids: Iterable[str]) -> dict[str, Lines]:
        """Return the lines that are read in clips, by id."""


class TextsOnDisk:
    """A `TextIndex` that reads the table at every search."""

    def __init__(self, texts: Texts, languages: Collection[str]) -> None:
        """languages: by which the texts may be stemmed."""
        self._texts, self._languages = texts, languages

    @property
    def _words(self) -> WordsOnDisk:
        return WordsOnDisk(self._texts.index, self._languages)

    def match(self, query: Query, limit: int, condition: Condition) -> dict[str, WordMatch]:
        """Implement `TextIndex`. The table does not know whether a clip has sound or speech: more is read for that."""
        if not (words := self._words.text_of(query)):
            return {}
        is_whole = condition.has_sound is None and condition.has_speech is None
        table = self._texts.matching(words, limit if is_whole else SILENT * limit, condition.sql_of_windows)
        columns = table["id"].to_pylist(), stems_of_rows(table, COLUMN), table["_score"].to_pylist()
        return {id: query.match(text, score) for id, text, score in zip(*columns, strict=True) if query.is_in(text)}

    def match_video(self, video: str, query: Query) -> dict[str, WordMatch]:
        """Implement `TextIndex`."""
        table = self._texts.of_video(video)
        texts = zip(table["id"].to_pylist(), stems_of_rows(table, COLUMN), strict=True)
        return {id: query.match(text, 0.0) for id, text in texts}

    def clips_with(self, phrases: Sequence[Phrase]) -> frozenset[str]:
        """Implement `TextIndex`."""
        return self._words.clips_with(phrases)

    def has_word(self, word: str) -> bool:
        """Implement `TextIndex`."""
        return self._words.has_word(word)

    def near_words(self, edits_of: Mapping[str, int]) -> dict[str, Counter[str]]:
        """Implement `TextIndex`."""
        return self._words.near_words(edits_of)

    def lines(self, ids: Iterable[str]) -> dict[str, Lines]:
        """Implement `TextIndex`."""
        return lines_by_clip(self._texts.of_clips(ids))


class TextsInMemory:
    """A `TextIndex` that holds all texts in memory.

    table: the rows of the table of texts. ids: of all clips, in the order of the masks that `mask_of` returns for
    conditions.
    """

    def __init__(self, table: pa.Table, ids: Sequence[str], mask_of: MaskOf) -> None:
        self._ids, self._mask_of = ids, mask_of
        rows = zip(table[COLUMN].to_pylist(), stems_of_rows(table, COLUMN), strict=True)
        texts = dict(zip(table["id"].to_pylist(), rows, strict=True))
        self._words = WordIndex(*zip(*(texts.get(id, ("", ())) for id in ids), strict=True))
        self._lines = lines_by_clip(table)

    def match(self, query: Query, limit: int, condition: Condition) -> dict[str, WordMatch]:
        """Implement `TextIndex`."""
        matches = self._words.match(query, limit, self._mask_of(condition))
        return {self._ids[row]: match for row, match in matches.items()}

    def match_video(self, video: str, query: Query) -> dict[str, WordMatch]:
        """Implement `TextIndex`."""
        mask = np.fromiter((id[:VIDEO_LETTERS] == video for id in self._ids), bool, len(self._ids))
        matches = self._words.match(query, len(self._ids), mask)
        return {self._ids[row]: match for row, match in matches.items()}

    def clips_with(self, phrases: Sequence[Phrase]) -> frozenset[str]:
        """Implement `TextIndex`."""
        return frozenset(self._ids[row] for row in self._words.rows_with(phrases))

    def has_word(self, word: str) -> bool:
        """Implement `TextIndex`."""
        return self._words.has_word(word)

    def near_words(self, edits_of: Mapping[str, int]) -> dict[str, Counter[str]]:
        """Implement `TextIndex`."""
        return self._words.near_words(edits_of)

    def lines(self, ids: Iterable[str]) -> dict[str, Lines]:
        """Implement `TextIndex`."""
        return {id: self._lines[id] for id in ids if id in self._lines}

    def strengths(self, query: Query) -> NDArray[np.float64]:
        """Return how certainly each clip's text has a query's words, (n,)."""
        return self._words.strengths(query)


def lines_by_clip(table: pa.Table) -> dict[str, Lines]:
    """Return the lines of clips, by id, of rows of the table of texts."""
    return dict(zip(table["id"].to_pylist(), (lines or [] for lines in table["lines"].to_pylist()), strict=True))
