"""Encoding blank inputs once: padding frames and silent clips."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def encode_distinct(tower: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
    """Return tower(rows), with all rows that are entirely zero encoded as one.

    Padding frames and the filterbanks of silent clips are zeros, and the published models do encode them:
    the result is the same, the cost is that of one row. rows: (N, ...).
    """
    blank = ~rows.flatten(1).any(dim=1)  # (N,)
    if blank.sum() < 2:
        return tower(rows)
    first = int(blank.nonzero()[0])
    is_encoded = ~blank
    is_encoded[first] = True
    encoded = tower(rows[is_encoded])
    # The encoded row that belongs to row i: its own, or that of the first blank.
    index = torch.cumsum(is_encoded, dim=0) - 1
    index[blank] = index[first]
    return encoded[index]
