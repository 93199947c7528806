"""What is read in the pictures of clips: a table with a row for each clip whose file has been gone through.

The row of a clip without text is empty. A file that lacks the row of a clip is read again by the next update.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa

from hearsight.library.tables.derived_table import DerivedTable
from hearsight.library.tables.errors import read_derived_error, translate_errors, write_error
from hearsight.library.tables.maintenance import add_words
from hearsight.library.tables.schema import WORDS
from hearsight.library.tables.transcript_index import TranscriptIndex

NAME = "texts"
COLUMN = "text"

# second: when the picture is shown, in the file; a few milliseconds later for its further lines, so that each line of a
# clip has a second of its own. box: left, top, right and bottom, as shares of the picture's width and
# height. on_thumbnail: whether the clip's thumbnail shows the same picture.
LINE = pa.struct(
    [
        ("second", pa.float64()),
        ("text", pa.string()),
        ("confidence", pa.float32()),
        ("box", pa.list_(pa.float32(), 4)),
        ("on_thumbnail", pa.bool_()),
    ]
)
SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("video", pa.string(), nullable=False),
        pa.field("start", pa.float64(), nullable=False),  # of the clip, in seconds
        pa.field("end", pa.float64(), nullable=False),
        pa.field(COLUMN, pa.string(), nullable=False),  # of all lines
        pa.field(WORDS, pa.string()),  # of the text
        pa.field("lines", pa.list_(LINE)),
    ]
)


class Texts(DerivedTable):
    """The table of texts. Every method raises HearsightError if it cannot be read or written."""

    def __init__(self, location: Path) -> None:
        super().__init__(location, NAME, SCHEMA)

    def create(self, fingerprint: str) -> None:
        """Create an empty table in place of whatever is there. fingerprint: of the reader."""
        self.create_empty(SCHEMA, fingerprint)

    @property
    def index(self) -> TranscriptIndex:
        """The full-text index of the texts, as of now."""
        return TranscriptIndex(self.location, self._latest(), COLUMN)

    @translate_errors(read_derived_error)
    def matching(self, words: str, limit: int, condition: str | None) -> pa.Table:
        """Return `id`, the words and BM25 as `_score` of the clips whose texts best match any of the words."""
        index = self.index
        query = index.matching(words)
        if condition is not None:
            query = query.where(condition, prefilter=True)
        return query.select(["id", index.indexed, "_score"]).limit(limit).to_arrow()

    @translate_errors(read_derived_error)
    def of_video(self, video: str) -> pa.Table:
        """Return `id` and the words of a video's clips."""
        columns = ["id", self.index.indexed]
        return self._table.search().where(f"video = '{video}'").select(columns).limit(None).to_arrow()

    @translate_errors(write_error)
    def add_words(self, words: Callable[[pa.RecordBatch], pa.RecordBatch]) -> None:
        """Add the column of words to a table that lacks it. words: makes it of rows with `video` and `text`."""
        add_words(self._latest(), [COLUMN], words)

    def batches(self, columns: Sequence[str], batch_size: int) -> Iterator[pa.Table]:
        """Yield all rows with text, in batches."""
        try:
            dataset = self._latest().to_lance()
            for batch in dataset.to_batches(columns=list(columns), filter=f"{COLUMN} != ''", batch_size=batch_size):
                yield pa.Table.from_batches([batch])
        except (OSError, RuntimeError, ValueError) as error:
            raise read_derived_error(self.location, error) from error
