"""The beginning of a safetensors file: the length of its header as 8 bytes, and the header, as JSON."""

from __future__ import annotations

import os
from typing import BinaryIO

LONGEST = 16 << 20  # bytes: of a hundred thousand tensors


def read_header(file: BinaryIO) -> bytes:
    """Return the header of an open file, and leave it at the first tensor.

    Raises ValueError for one that is longer than the file, or than any real one.
    """
    length, size = int.from_bytes(file.read(8), "little"), os.fstat(file.fileno()).st_size
    if length > size - 8:
        raise ValueError("its header is incomplete")
    if length > LONGEST:
        raise ValueError(f"its header has {length:,} bytes, more than a list of tensors takes")
    return file.read(length)
