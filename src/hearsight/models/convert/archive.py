"""TorchScript archives, the format in which OpenAI publishes CLIP, read as a state dict.

Such a file is a program: a zip with code, and a pickle of the module that runs it. torch.jit.load would compile the
code and build the module. Here the code is ignored, and the pickle's classes become plain objects, whose attributes are
then searched for tensors.
"""

from __future__ import annotations

from pathlib import Path
from zipfile import BadZipFile, ZipFile

from torch import Tensor

from hearsight.models.torch_file import SwellingError
from hearsight.util.plain_pickle import Attributes

# A module may be in several places, and so its tensors have several names. Modules in modules of which each has two
# places make any number of names.
MOST_ATTRIBUTES, DEEPEST, LONGEST_NAME = 200_000, 64, 1000


def is_archive(path: Path) -> bool:
    """Return whether a zip file is TorchScript's; torch.save writes zip files, too."""
    try:
        with ZipFile(path) as file:
            return any(name.endswith("/constants.pkl") for name in file.namelist())
    except BadZipFile:
        return False


def tensors_of(module: Attributes) -> dict[str, Tensor]:
    """Return the tensors of a module and those in it by the names that state_dict would give them.

    Raises SwellingError for modules that are in so many places that names have no end.
    """
    tensors: dict[str, Tensor] = {}
    pending, count = [("", 0, module)], 0
    while pending:
        prefix, depth, inner = pending.pop()
        for name, value in vars(inner).items():
            count += 1
            full = f"{prefix}{name}" if isinstance(value, Tensor | Attributes) else ""
            if count > MOST_ATTRIBUTES or depth > DEEPEST or len(full) > LONGEST_NAME:
                raise SwellingError("its modules have too many names, or names without an end")
            if isinstance(value, Tensor):
                tensors[full] = value
            elif full:
                pending.append((f"{full}.", depth + 1, value))
    return tensors
