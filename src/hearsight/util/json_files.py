"""Read the JSON files of models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hearsight.errors import HearsightError
from hearsight.util.bounded_file import read_bounded

LARGEST = 16 << 20  # bytes; settings have some thousand


def read_json(file: Path, kind: type[Any] = dict) -> Any:
    """Read a dictionary (or a list); an empty one if there is no file. Raises HearsightError for a damaged file."""
    try:
        values = json.loads(read_bounded(file, LARGEST).decode("utf-8"))
    except FileNotFoundError:
        return kind()
    except (OSError, ValueError, RecursionError) as error:
        raise HearsightError(f"cannot read {file} ({error}); download or save the model again") from error
    if not isinstance(values, kind):
        raise HearsightError(f"cannot read {file}: it is not a {kind.__name__}; download or save the model again")
    return values
