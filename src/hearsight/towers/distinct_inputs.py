"""Encode inputs once that occur several times: a picture that stands, and padding."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def encode_distinct(tower: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
    """Return tower(rows), with a row that equals the one before, and all that are entirely zero, encoded once.

    Slides and screen recordings show the same picture for minutes. Padding frames and the filterbanks of silent clips
    are zeros, and the published models do encode them. The result is the same. rows: (N, ...).
    """
    flat = rows.flatten(1)
    blank = ~flat.any(dim=1)  # (N,)
    is_encoded = ~blank
    is_encoded[1:] &= (flat[1:] != flat[:-1]).any(dim=1)
    first = int(blank.nonzero()[0]) if blank.any() else None
    if first is not None:
        is_encoded[first] = True
    if is_encoded.all():
        return tower(rows)
    encoded = tower(rows[is_encoded])
    # The encoded row that belongs to row i: the last one up to it, or that of the first blank.
    index = torch.cumsum(is_encoded, dim=0) - 1
    if first is not None:
        index[blank] = index[first]
    return encoded[index]
