"""What each sense of a video model adds to the similarity of a query with a clip."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hearsight.library.tables.schema import read_vectors

SENSES = ("seen", "heard", "said")
# The columns that `sense_scores` reads: the pooled vector of a clip, and those without one branch or without both.
SENSE_COLUMNS = ("pooled", "without_audio", "without_speech", "without_both")


def sense_scores(clips: pa.Table, vectors: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """Return the score of each sense, (N, n): of N queries, by their vectors (N, D'), with the n clips of a table.

    "seen" is the cosine of query and clip without sound and speech; "heard" and "said" are what each adds to it.
    """
    cosines = {name: vectors @ read_vectors(clips, name).T for name in SENSE_COLUMNS}
    return {
        "seen": cosines["without_both"],
        "heard": cosines["pooled"] - cosines["without_audio"],
        "said": cosines["pooled"] - cosines["without_speech"],
    }
