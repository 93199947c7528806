"""What a checkpoint file holds: safetensors, what torch.save wrote, or a TorchScript archive. Nothing in it is run."""

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
    """The format of a file in words, and what it holds: named tensors, if it is a checkpoint.

    Its first bytes tell the format, whatever its name. Raises HearsightError for what cannot be read, and for a file
    with pickled objects that are more than tensors: those could be made only by running what the file says.
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
        held = _objects(path, error)
        if held or start.startswith(PICKLE):
            raise _more_than_tensors(path, archive, held) from error
        raise _damaged(path) from error
    except Exception as error:  # torch's own mixture, from bad zip files to a pickle that ends too early
        raise _damaged(path, str(error).partition("\n")[0].partition(". ")[0]) from error


def _objects(path: Path, error: UnpicklingError) -> list[str]:
    """Names of what a file wants to be made beside tensors."""
    try:
        return sorted(torch.serialization.get_unsafe_globals_in_checkpoint(str(path)))
    except Exception:  # an archive, or not the format that torch writes today: the error names the first
        return re.findall(r"GLOBAL (\S+)", str(error))


def _more_than_tensors(path: Path, archive: bool, held: list[str]) -> HearsightError:
    told = f" ({', '.join(held)})" if held else ""
    load = f"torch.jit.load({path.name!r})" if archive else f"torch.load({path.name!r}, weights_only=False)"
    return HearsightError(
        f"cannot read {path} as plain tensors: it holds pickled objects{told}, and making those would run code of the "
        f"file; whoever trusts it can save it anew: torch.save({load}.state_dict(), 'plain.pt'), "
        "or, if it is a dictionary, the entry of it that has the tensors"
    )


def _damaged(path: Path, reason: str = "") -> HearsightError:
    told = f" ({reason})" if reason else ""
    return HearsightError(
        f"cannot read {path}: it is no checkpoint, damaged or cut short{told}; download or copy it again"
    )
