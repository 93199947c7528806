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


def sense_vectors(clips: pa.Table) -> dict[str, NDArray[np.float32]]:
    """Return what each sense adds to the vectors of the n clips of a table, (n, D) each.

    "seen" is the vector without sound and speech; "heard" and "said" are what each adds to the pooled one. Zeros for a
    clip that lacks pictures, sound or speech: it changes nothing in its vector.
    """
    columns = {name: read_vectors(clips, name) for name in SENSE_COLUMNS}
    parts = {
        "seen": columns["without_both"],
        "heard": columns["pooled"] - columns["without_audio"],
        "said": columns["pooled"] - columns["without_speech"],
    }
    return {
        sense: np.where(np.abs(part).max(axis=1, keepdims=True) > NO_DIFFERENCE, part, np.float32(0))
        for sense, part in parts.items()
    }


def sense_scores(clips: pa.Table, vectors: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """Return the score of each sense, (N, n): of N queries, by their vectors (N, D'), with the n clips of a table.

    NaN for a clip that lacks what is compared; see `sense_vectors`.
    """
    parts = sense_vectors(clips)
    return {sense: np.where(part.any(axis=1), vectors @ part.T, np.nan) for sense, part in parts.items()}
