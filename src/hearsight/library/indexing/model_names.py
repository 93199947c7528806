"""Convert and check the names of models that a library records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hearsight.errors import HearsightError
from hearsight.models.catalog import BUNDLED, DEMO, NONE
from hearsight.models.hub import local_folder

if TYPE_CHECKING:
    from hearsight.models.base import VideoTextModel


def absolute_model_name(name: str | Path) -> str:
    """Return a model's name in a form that is valid from any other folder."""
    folder = None if name in (BUNDLED, NONE) else local_folder(name)
    return str(folder.resolve() if folder else name)


def name_of(model: VideoTextModel) -> str:
    """Return the name that a model was loaded by."""
    source = str(model.tokenizer.source)
    return BUNDLED if source == str(DEMO) else source


def check_model_exists(name: str) -> None:
    """Raise HearsightError if a library's model was a folder that is gone. Folders are recorded as absolute paths."""
    if Path(name).is_absolute() and not local_folder(name):
        raise HearsightError(
            f"the index was made with the model in {name}, which is gone; put it back, or give its new folder: "
            "hearsight index FOLDER --model MODEL-FOLDER"
        )
