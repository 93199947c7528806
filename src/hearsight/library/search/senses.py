"""What each sense of a video model adds to the similarity of a query with a clip."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hearsight.library.tables.schema import read_vectors

SENSES = ("seen", "heard", "said")
# The columns that `sense_scores` reads: the pooled vector of a clip, and those without one branch or without both.
NO_DIFFERENCE = 1e-3  # between numbers of two vectors: half precision rounds by as much
SENSE_COLUMNS = ("pooled", "without_audio", "without_speech", "without_both")


def sense_scores(clips: pa.Table, vectors: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """Return the score of each sense, (N, n): of N queries, by their vectors (N, D'), with the n clips of a table.

    "seen" is the cosine of query and clip without sound and speech; "heard" and "said" are what each adds to it. NaN
    for a clip that lacks what is compared: pictures, sound or speech change nothing in its vector.
    """
    columns = {name: read_vectors(clips, name) for name in SENSE_COLUMNS}
    parts = {
        "seen": columns["without_both"],
        "heard": columns["pooled"] - columns["without_audio"],
        "said": columns["pooled"] - columns["without_speech"],
    }
    lacking = {sense: np.abs(part).max(axis=1) <= NO_DIFFERENCE for sense, part in parts.items()}
    return {sense: np.where(lacking[sense], np.nan, vectors @ part.T) for sense, part in parts.items()}
