"""Read the files of torch.save, and of TorchScript, as plain values and tensors.

torch's own reader runs no code with `weights_only=True`, but a small file can make it fill the memory: archives may be
compressed a thousandfold, tensors may be views of one number, and three hundred bytes of pickle make a terabyte. Here
everything takes a few times the size of the file at most, whatever is in it.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections import OrderedDict
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import torch
from torch import Tensor

from hearsight.util.plain_pickle import MOST_BYTES, Attributes, check_keys, read_pickle

ZIP, PICKLE = b"PK\x03\x04", b"\x80"
STORAGES = {
    "DoubleStorage": torch.float64, "FloatStorage": torch.float32, "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16, "LongStorage": torch.int64, "IntStorage": torch.int32,
    "ShortStorage": torch.int16, "CharStorage": torch.int8, "ByteStorage": torch.uint8, "BoolStorage": torch.bool,
}  # fmt: skip
SWELLING = 4  # times the size of the file: what its entries, and its tensors, may take
SMALL = 64 << 20  # bytes, which they may take in any case
LONGEST_DIRECTORY = 16 << 20  # bytes of a zip file's list of entries, which swells when it is read
LONGEST_SIDE = 1 << 48
MOST_DIMENSIONS = 64
MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001  # at the beginning of files that are no zip (torch before 1.6)


class SwellingError(ValueError):
    """An error for a file that would take far more memory than it is large."""


def read_torch_file(path: Path) -> Any:
    """Return what a file holds: a state dict, or whatever of plain values and tensors was saved.

    An object of TorchScript is returned as `Attributes`. Raises ForeignObjectError for a file with other objects,
    SwellingError, and ValueError, UnpicklingError, OSError and others for a damaged one.
    """
    with path.open("rb") as file:
        start = file.read(len(ZIP))
    if start == ZIP:
        return _read_zip(path)
    if start.startswith(PICKLE):
        return _read_older(path)
    raise ValueError("it has no known format")


def _read_zip(path: Path) -> Any:
    limit = SWELLING * path.stat().st_size + SMALL
    if _directory_size(path) > LONGEST_DIRECTORY:
        raise SwellingError("its list of entries is too long")
    with ZipFile(path) as file:
        if sum(entry.file_size for entry in file.infolist()) > limit:
            raise SwellingError(f"its entries would take over {SWELLING} times its size")
        if any(entry.compress_type not in (ZIP_STORED, ZIP_DEFLATED) for entry in file.infolist()):
            raise ValueError("it is compressed in another way than by torch")
        name = next(name for name in file.namelist() if name.count("/") == 1 and name.endswith("/data.pkl"))
        folder = name.removesuffix("data.pkl")
        if f"{folder}byteorder" in file.namelist() and file.read(f"{folder}byteorder") != b"little":
            raise ValueError("its numbers have the other order of bytes")
        if file.getinfo(name).file_size > MOST_BYTES:
            raise SwellingError("it has too much besides its tensors")

        def read_storage(key: str, dtype: torch.dtype) -> Tensor:
            return _numbers(file.read(f"{folder}data/{key}"), dtype)

        return read_pickle(io.BytesIO(file.read(name)), *_tensor_constructors(read_storage, limit))


def _directory_size(path: Path) -> int:
    """Return the bytes of a zip file's list of entries, as its end states them; 0 where there is no end."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - (1 << 16) - 100))
        end = file.read()
    if (begin := end.rfind(b"PK\x06\x06")) >= 0 and len(end) >= begin + 48:
        return int(struct.unpack_from("<Q", end, begin + 40)[0])
    begin = end.rfind(b"PK\x05\x06")
    return int(struct.unpack_from("<I", end, begin + 12)[0]) if 0 <= begin <= len(end) - 16 else 0


def _read_older(path: Path) -> Any:
    """Read a file of torch before 1.6: pickles, of which the last one lists storages, and then these, one by one."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(0)
        pickles = io.BytesIO(file.read(MOST_BYTES))
        magic, protocol, system = (read_pickle(pickles) for _ in range(3))
        if (magic, protocol) != (MAGIC, PROTOCOL) or not system.get("little_endian"):
            raise ValueError("it is of another version or another machine")
        storages: dict[str, Tensor] = {}
        claimed = 0

        def make_storage(key: str, dtype: torch.dtype, count: int) -> Tensor:
            nonlocal claimed
            if key not in storages:
                claimed += count * dtype.itemsize
                if claimed > size:
                    raise ValueError("its tensors are larger than the file")
                storages[key] = torch.empty(count, dtype=dtype)
            return storages[key]

        content = read_pickle(pickles, *_tensor_constructors(make_storage, SWELLING * size + SMALL, with_count=True))
        keys = read_pickle(pickles)
        file.seek(pickles.tell())
        check_keys(keys)
        for key in keys:
            storage = storages[key]
            [count] = struct.unpack("<q", file.read(8))
            data = file.read(storage.nbytes)
            if count != len(storage) or len(data) != storage.nbytes:
                raise ValueError("it ends too early")
            storage.copy_(_numbers(data, storage.dtype))
        if set(keys) != set(storages):
            raise ValueError("it lacks tensors")
        return content


def _tensor_constructors(
    storage_of: Callable[..., Tensor], limit: int, with_count: bool = False
) -> tuple[dict[tuple[str, str], Any], Callable[[Any], Tensor]]:
    """Return the constructors and the loader of references that `read_pickle` needs for tensors.

    storage_of: returns the numbers of a storage, by its key, their type and, on request, their count. limit: bytes of
    all tensors: many may be views of one storage.
    """
    storages: dict[str, Tensor] = {}
    taken = 0

    def load_storage(pid: Any) -> Tensor:
        kind, dtype, key, _, count, *view = pid
        if kind != "storage" or not isinstance(dtype, torch.dtype) or type(key) is not str or any(view):
            raise pickle.UnpicklingError("it refers to something that is no storage")
        if type(count) is not int or not 0 <= count < LONGEST_SIDE:
            raise pickle.UnpicklingError("a storage has no size")
        if key not in storages:
            storages[key] = storage_of(key, dtype, count) if with_count else storage_of(key, dtype)
        return storages[key]

    def make_tensor(storage: Any, offset: Any, size: Any, stride: Any, *_: object) -> Tensor:
        nonlocal taken
        _check_layout(storage, offset, size, stride)
        tensor: Tensor = storage.as_strided(size, stride, offset)  # torch checks that it stays inside
        count = prod(size)
        taken += count * storage.itemsize
        if count > len(storage):
            raise SwellingError(f"a tensor of {count:,} numbers has a storage of {len(storage):,}")
        if taken > limit:
            raise SwellingError(f"its tensors would take over {SWELLING} times its size")
        return tensor

    functions = {
        ("collections", "OrderedDict"): _ordered_dictionary,
        ("torch._utils", "_rebuild_tensor"): make_tensor,
        ("torch._utils", "_rebuild_tensor_v2"): make_tensor,
        ("torch._utils", "_rebuild_parameter"): _first,
        ("torch.jit._pickle", "restore_type_tag"): _first,
        ("torch.jit._pickle", "build_intlist"): _first,
        ("torch.jit._pickle", "build_doublelist"): _first,
        ("torch.jit._pickle", "build_boollist"): _first,
        ("torch.jit._pickle", "build_tensorlist"): _first,
        ("__torch__", ""): Attributes,
    }
    return {**functions, **{("torch", name): dtype for name, dtype in STORAGES.items()}}, load_storage


def _check_layout(storage: Any, offset: Any, size: Any, stride: Any) -> None:
    """Raise UnpicklingError for what is no layout of a tensor in a storage."""
    if not isinstance(storage, Tensor) or storage.dim() != 1:
        raise pickle.UnpicklingError("a tensor has no storage")
    for numbers in (size, stride, (offset,)):
        if not isinstance(numbers, tuple) or len(numbers) > MOST_DIMENSIONS:
            raise pickle.UnpicklingError("a tensor has too many dimensions")
        if not all(type(number) is int and 0 <= number < LONGEST_SIDE for number in numbers):
            raise pickle.UnpicklingError("a tensor has an impossible size")


def _numbers(data: bytes, dtype: torch.dtype) -> Tensor:
    return torch.frombuffer(bytearray(data), dtype=dtype) if data else torch.empty(0, dtype=dtype)


def _ordered_dictionary() -> OrderedDict[Any, Any]:
    return OrderedDict()


def _first(value: Any, *_: object) -> Any:
    return value
