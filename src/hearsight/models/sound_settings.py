"""Values of the settings of sound checkpoints, with errors that say where they are."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hearsight.errors import HearsightError
from hearsight.util.json_files import read_json


def part_of(values: Mapping[str, Any], name: str, source: str) -> dict[str, Any]:
    """Return a part of a configuration; {} if it is missing. Raises HearsightError for what is no dictionary."""
    part = values.get(name) or {}
    if not isinstance(part, dict):
        raise HearsightError(f"{source} has a {name} that is no dictionary; download the model again")
    return part


def number_of(values: Mapping[str, Any], name: str, default: int, folder: Path) -> int | float:
    """Return a positive number of a model's settings. Raises HearsightError for what is none."""
    number = values.get(name, default)
    if not isinstance(number, int | float) or isinstance(number, bool) or not 1 <= number <= 1_000_000:
        raise HearsightError(f"the model in {folder} has {name} {number!r}; correct it, or download the model again")
    return number


def read_extractor(folder: Path) -> dict[str, Any]:
    """Read how sounds are prepared, from the file of a feature extractor, or of a processor of texts, too."""
    settings = read_json(folder / "preprocessor_config.json")
    if not settings:
        settings = read_json(folder / "processor_config.json").get("feature_extractor")
    if not isinstance(settings, dict) or not settings:
        raise HearsightError(
            f"no preprocessor_config.json in {folder}, which says how the model takes sounds; download the model again"
        )
    return settings
