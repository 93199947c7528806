"""Weights in safetensors files as arrays that the system reads from the disk when they are touched.

safetensors' own reader copies what it returns, and its NumPy has no bfloat16. Here the table of a quarter of a million
tokens costs a query only its own ten rows.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hearsight.errors import HearsightError
from hearsight.util.safetensors_header import read_header

TYPES = {"F32": np.float32, "F16": np.float16, "BF16": np.uint16}  # others are no weights: numbers of positions


@dataclass(frozen=True)
class MappedTensor:
    """A tensor, in a file or in memory.

    values: float32 or float16; for bfloat16, its bits. file, name: where it is mapped from; None for one in memory.
    """

    values: NDArray[Any]
    file: Path | None = None
    name: str | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    def rows(self, numbers: Sequence[int] | NDArray[np.int64] | slice = slice(None)) -> NDArray[np.float32]:
        """Return these rows, or all, as float32."""
        values = self.values[numbers]
        if values.dtype == np.uint16:  # bfloat16 is the upper half of float32
            widened: NDArray[np.float32] = (values.astype(np.uint32) << 16).view(np.float32)
            return widened
        return values.astype(np.float32, copy=False)


def map_weights(folder: Path) -> dict[str, MappedTensor]:
    """Return the tensors of a folder's safetensors by name. Raises HearsightError for none, and for damaged ones."""
    files = sorted(folder.glob("model*.safetensors"))
    if not files:
        raise HearsightError(f"cannot load {folder}: no model.safetensors in it; download or save the model again")
    try:
        return {name: tensor for file in files for name, tensor in map_file(file).items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError, OverflowError) as error:
        raise HearsightError(
            f"cannot load {folder}: its weights are damaged ({error}); download or save them again"
        ) from error


def map_file(file: Path) -> dict[str, MappedTensor]:
    """Return the tensors of one file by name. Raises OSError, ValueError and others for a damaged one.

    After the header are the tensors, one after the other: a tensor in another one would be read again and again.
    """
    with file.open("rb") as opened:
        header = json.loads(read_header(opened))
        first = opened.tell()
    header.pop("__metadata__", None)
    data = np.memmap(file, np.uint8, "r", offset=first).view(np.ndarray)
    tensors, last = {}, 0
    for name, tensor in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        if tensor["data_offsets"][0] != last:
            raise ValueError("its tensors overlap, or have gaps between them")
        last = tensor["data_offsets"][1]
        if tensor["dtype"] in TYPES:
            begin, end = tensor["data_offsets"]
            values = data[begin:end].view(TYPES[tensor["dtype"]]).reshape(tensor["shape"])
            tensors[name] = MappedTensor(values, file, name)
    return tensors
