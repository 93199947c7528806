"""Reading a checkpoint file (safetensors, torch.save, or a TorchScript archive) without running its code."""

from __future__ import annotations

from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.models.convert.archive import is_archive, tensors_of
from hearsight.models.torch_file import ZIP, SwellingError, read_torch_file
from hearsight.models.weights import read_safetensors
from hearsight.util.plain_pickle import Attributes, ForeignObjectError


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
    try:
        if start.endswith(b"{"):  # eight bytes of length, then JSON
            return "safetensors", read_safetensors(path)
        content = read_torch_file(path)
        if isinstance(content, Attributes):
            return "a TorchScript archive", tensors_of(content)
        if start.startswith(ZIP) and is_archive(path):
            raise ValueError("it is an archive without a module")
        return "saved by torch", content
    except ForeignObjectError as error:
        raise _more_than_tensors(path, start.startswith(ZIP) and is_archive(path), error.names) from error
    except SwellingError as error:
        raise HearsightError(
            f"cannot read {path}: {error}, unlike any checkpoint; it may be made to fill the memory, so get the file "
            "from its authors"
        ) from error
    except Exception as error:  # torch, zip files and pickles that end too early raise many kinds
        raise _damaged(path, str(error).partition("\n")[0].partition(". ")[0]) from error


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
