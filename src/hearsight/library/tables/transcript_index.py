"""The full-text index of transcripts, or of what is read, and what searches ask it besides the best matches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from hearsight.library.tables.errors import read_error, translate_errors
from hearsight.util.lazy_lancedb import BooleanQuery, FullTextOperator, MatchQuery, Occur

MAX_SIMILAR_STEMS = 200


class TranscriptIndex:
    """The full-text index of a column of a table of clips. location: of the library.

    Every method raises HearsightError if the table cannot be read.
    """

    def __init__(self, location: Path, clips: Any, column: str = "transcript") -> None:
        self.location, self._clips, self.column = location, clips, column

    @translate_errors(read_error)
    def containing(self, texts: Sequence[str], columns: Sequence[str]) -> pa.Table:
        """Return all clips whose transcripts have every word of at least one text, in any order."""
        each = [MatchQuery(text, self.column, operator=FullTextOperator.AND) for text in texts]
        query = BooleanQuery([(Occur.SHOULD, one) for one in each])
        return self._fetch(query, columns, max(1, self._clips.count_rows()))

    @translate_errors(read_error)
    def has_word(self, word: str) -> bool:
        """Return whether any clip has a word, in any form."""
        return len(self._fetch(MatchQuery(word, self.column), ["id"], 1)) > 0

    @translate_errors(read_error)
    def similar(self, stems: Sequence[str], edits: int, limit: int) -> list[str]:
        """Return the transcripts of some clips with a stem that differs from one of these by so many edits, or fewer.

        The first letter must be the same. Clips that are not in the index yet are not found.
        """
        # The index does not stem a word that may differ.
        options: dict[str, Any] = {"fuzziness": edits, "prefix_length": 1, "max_expansions": MAX_SIMILAR_STEMS}
        query = BooleanQuery([(Occur.SHOULD, MatchQuery(stem, self.column, **options)) for stem in stems])
        texts: list[str] = self._fetch(query, [self.column], limit)[self.column].to_pylist()
        return texts

    def _fetch(self, query: Any, columns: Sequence[str], limit: int) -> pa.Table:
        return self._clips.search(query, query_type="fts").select([*columns, "_score"]).limit(limit).to_arrow()
