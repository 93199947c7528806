"""TorchScript archives, the format in which OpenAI publishes CLIP, read as a state dict.

Such a file is a program: a zip with code, and a pickle of the module that runs it. torch.jit.load would compile the
code and build the module. Here the code is ignored, and the pickle's classes become plain objects, whose attributes are
then searched for tensors.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import torch
from torch import Tensor

STORAGES = {"FloatStorage": torch.float32, "HalfStorage": torch.float16, "LongStorage": torch.int64}


class ArchivedModule:
    """A module of the archive, whose attributes are tensors and further modules."""


def is_archive(path: Path) -> bool:
    """Return whether a zip file is TorchScript's; torch.save writes zip files, too."""
    try:
        with ZipFile(path) as file:
            return any(name.endswith("/constants.pkl") for name in file.namelist())
    except BadZipFile:
        return False


def read_archive(path: Path) -> dict[str, Tensor]:
    """Return the tensors of an archive by the names that state_dict would give them.

    Raises pickle.UnpicklingError for an object that is neither a module nor a tensor.
    """
    with ZipFile(path) as file:
        pickle_name = next(name for name in file.namelist() if name.count("/") == 1 and name.endswith("/data.pkl"))
        with file.open(pickle_name) as stream:
            return dict(_tensors(_Unpickler(stream, file, pickle_name.removesuffix(".pkl")).load()))


class _Unpickler(pickle.Unpickler):
    """Builds modules as plain objects, tensors, and plain values; refuses every other class."""

    def __init__(self, stream: Any, file: ZipFile, folder: str) -> None:
        super().__init__(stream)
        self.file, self.folder = file, folder
        self.storages: dict[str, Tensor] = {}

    def find_class(self, module: str, name: str) -> Any:
        if module.partition(".")[0] == "__torch__":
            return type(name, (ArchivedModule,), {})
        if module == "torch" and name in STORAGES:
            return STORAGES[name]
        if (module, name) not in _CONSTRUCTORS:
            raise pickle.UnpicklingError(f"GLOBAL {module}.{name}")
        return _CONSTRUCTORS[module, name]

    def persistent_load(self, pid: Any) -> Tensor:
        """Return a storage as a vector of its numbers; pid: ("storage", dtype, key, device, length)."""
        _, dtype, key, *_ = pid
        if key not in self.storages:
            self.storages[key] = torch.frombuffer(bytearray(self.file.read(f"{self.folder}/{key}")), dtype=dtype)
        return self.storages[key]


def _tensor(storage: Tensor, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *_: object) -> Tensor:
    return storage.as_strided(size, stride, offset)  # torch checks that it stays inside


def _first(value: Any, *_: object) -> Any:
    return value


_CONSTRUCTORS: dict[tuple[str, str], Callable[..., Any]] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _first,
    ("torch.jit._pickle", "restore_type_tag"): _first,
    ("torch.jit._pickle", "build_intlist"): _first,
    ("torch.jit._pickle", "build_doublelist"): _first,
    ("torch.jit._pickle", "build_boollist"): _first,
    ("torch.jit._pickle", "build_tensorlist"): _first,
}


def _tensors(module: object, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
    for name, value in vars(module).items():
        if isinstance(value, Tensor):
            yield prefix + name, value
        elif isinstance(value, ArchivedModule):
            yield from _tensors(value, f"{prefix}{name}.")
