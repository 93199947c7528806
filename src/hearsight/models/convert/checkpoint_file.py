"""Reading a checkpoint file (safetensors, torch.save, or a TorchScript archive) without running its code."""

from __future__ import annotations

import re
from pathlib import Path
from pickle import UnpicklingError

import torch
from safetensors.torch import load_file

from hearsight.errors import HearsightError
from hearsight.models.convert.archive import is_archive, read_archive

ZIP, PICKLE = b"PK\x03\x04", b"\x80"


def read_file(path: Path) -> tuple[str, object]:
    """Return the format of a file in words, and its content: named tensors, if it is a checkpoint.

    The format is recognised by the first bytes, whatever the name. Raises HearsightError for a file that cannot be
    read, and for one with pickled objects other than tensors: only running code of the file could build them.
    """
    if path.is_dir():
        raise HearsightError(f"cannot read {path}: it is a folder; give the file with the tensors")
    try:
        with path.open("rb") as file:
            start = file.read(9)
    except FileNotFoundError as error:
        raise HearsightError(f"no checkpoint {path}; check the path") from error
    except OSError as error:
        raise HearsightError(f"cannot read {path}: {error.strerror}; get permission, or copy it elsewhere") from error
    if not start:
        raise HearsightError(f"cannot read {path}: it is empty; download or copy it again")
    archive = start.startswith(ZIP) and is_archive(path)
    try:
        if archive:
            return "a TorchScript archive", read_archive(path)
        if start.endswith(b"{"):  # eight bytes of length, then JSON
            return "safetensors", load_file(path)
        return "saved by torch", torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        classes = _pickled_classes(path, error)
        if classes or start.startswith(PICKLE):
            raise _more_than_tensors(path, archive, classes) from error
        raise _damaged(path) from error
    except Exception as error:  # torch raises many kinds, for bad zip files and for pickles that end too early
        raise _damaged(path, str(error).partition("\n")[0].partition(". ")[0]) from error


def _pickled_classes(path: Path, error: UnpicklingError) -> list[str]:
    """Return the names of the classes, other than tensors, that a file would build."""
    try:
        return sorted(torch.serialization.get_unsafe_globals_in_checkpoint(str(path)))
    except Exception:  # an archive, or an older format of torch: the error names the first class
        return re.findall(r"GLOBAL (\S+)", str(error))


def _more_than_tensors(path: Path, archive: bool, classes: list[str]) -> HearsightError:
    listed = f" ({', '.join(classes)})" if classes else ""
    load = f"torch.jit.load({path.name!r})" if archive else f"torch.load({path.name!r}, weights_only=False)"
    return HearsightError(
        f"cannot read {path} as plain tensors: it holds pickled objects{listed}, and building those would run code of "
        f"the file; if you trust it, save its tensors alone: torch.save({load}.state_dict(), 'plain.pt'), "
        "or, if it is a dictionary, its entry with the tensors"
    )


def _damaged(path: Path, reason: str = "") -> HearsightError:
    details = f" ({reason})" if reason else ""
    return HearsightError(
        f"cannot read {path}: it is not a checkpoint, or damaged, or incomplete{details}; download or copy it again"
    )
