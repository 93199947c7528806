"""Convert and check the names of models that a library records."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hearsight.errors import HearsightError
from hearsight.models.catalog import BUNDLED, DEMO, NONE

if TYPE_CHECKING:
    from hearsight.models.base import VideoTextModel


def absolute_model_name(name: str | Path) -> str:
    """Return a model's name in a form that is valid from any other folder."""
    path = Path(name).expanduser()
    return str(path.resolve()) if name not in (BUNDLED, NONE) and path.is_dir() else str(name)


def name_of(model: VideoTextModel) -> str:
    """Return the name that a model was loaded by."""
    source = str(model.tokenizer.source)
    return BUNDLED if source == str(DEMO) else source


def check_model_exists(name: str) -> None:
    """Raise HearsightError if a library's model was a folder that is gone. Folders are recorded as absolute paths."""
    if Path(name).is_absolute() and not Path(name).is_dir():
        raise HearsightError(
            f"the index was made with the model in {name}, which is gone; put it back, or give its new folder: "
            "hearsight index FOLDER --model MODEL-FOLDER"
        )
