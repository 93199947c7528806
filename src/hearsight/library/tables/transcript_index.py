"""The full-text index of transcripts, or of what is read, and what searches ask it besides the best matches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from hearsight.library.tables.errors import read_error, translate_errors
from hearsight.library.tables.schema import WORDS
from hearsight.util.lazy_lancedb import BooleanQuery, MatchQuery, Occur

MAX_SIMILAR_STEMS = 200


class TranscriptIndex:
    """The full-text index of the words of texts in a table of clips.

    location: of the library. column: that of the texts. indexed: that of their words. A table of an older Hearsight has
    no such column: there the texts are indexed, as English. Every method raises HearsightError if the table cannot be
    read.
    """

    def __init__(self, location: Path, clips: Any, column: str = "transcript") -> None:
        self.location, self._clips, self.column = location, clips, column
        self.has_words = WORDS in clips.schema.names
        self.indexed = WORDS if self.has_words else column

    @property
    def columns(self) -> list[str]:
        """The columns with the texts, and with their words."""
        return [self.column, WORDS] if self.has_words else [self.column]

    @translate_errors(read_error)
    def containing(self, runs: Sequence[Sequence[Sequence[str]]], columns: Sequence[str]) -> pa.Table:
        """Return all clips that have, for at least one of these runs, a form of every word, in any order."""
        each = [
            BooleanQuery([(Occur.MUST, MatchQuery(" ".join(forms), self.indexed)) for forms in run]) for run in runs
        ]
        query = BooleanQuery([(Occur.SHOULD, one) for one in each])
        return self._fetch(query, columns, max(1, self._clips.count_rows()))

    @translate_errors(read_error)
    def has_any(self, words: Sequence[str]) -> bool:
        """Return whether any clip has one of these words."""
        return len(self._fetch(MatchQuery(" ".join(words), self.indexed), ["id"], 1)) > 0

    @translate_errors(read_error)
    def similar(self, stems: Sequence[str], edits: int, prefix: int, limit: int) -> list[str]:
        """Return the texts of some clips with a stem that differs from one of these by so many edits, or fewer.

        prefix: how many characters at the beginning must be the same. Clips that are not in the index yet are not
        found.
        """
        # The index does not stem a word that may differ.
        options: dict[str, Any] = {"fuzziness": edits, "prefix_length": prefix, "max_expansions": MAX_SIMILAR_STEMS}
        query = BooleanQuery([(Occur.SHOULD, MatchQuery(stem, self.indexed, **options)) for stem in stems])
        texts: list[str] = self._fetch(query, [self.column], limit)[self.column].to_pylist()
        return texts

    def matching(self, words: str) -> Any:
        """Return the beginning of a search for the clips that best match any of these words."""
        return self._clips.search(MatchQuery(words, self.indexed), query_type="fts")

    def _fetch(self, query: Any, columns: Sequence[str], limit: int) -> pa.Table:
        return self._clips.search(query, query_type="fts").select([*columns, "_score"]).limit(limit).to_arrow()
