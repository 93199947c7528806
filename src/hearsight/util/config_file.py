"""Read the config.json of a model, and refuse sizes that no model has: they would take all memory, or for ever."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isfinite
from pathlib import Path
from typing import Any

from hearsight.errors import HearsightError
from hearsight.util.json_files import read_json

LARGEST = 100_000_000  # of any whole number: ids of tokens have some hundred thousand
# Of what is built one by one: layers, heads and so on.
MOST_PARTS, PARTS = 1000, re.compile("layers$|depth|blocks|stages|heads|groups|_repeats|^num_(codebooks|experts)")
SHOWN = 40  # letters


def read_config(folder: Path) -> dict[str, Any]:
    """Read config.json; {} if there is none.

    Raises HearsightError for a damaged file, and for one with sizes that no model has.
    """
    file = folder / "config.json"
    values: dict[str, Any] = read_json(file)
    check_numbers(values, str(file))
    return values


def check_numbers(values: dict[str, Any], source: str) -> None:
    """Raise HearsightError for a configuration with numbers that no model has, at whatever depth."""
    for name, value in _numbers(values):
        largest = MOST_PARTS if PARTS.search(name) else LARGEST
        if not isfinite(value) if isinstance(value, float) else abs(value) > largest:
            shown = str(value) if isinstance(value, float) or abs(value) < 10**SHOWN else "a number of many digits"
            raise HearsightError(
                f"{source} has {name[:SHOWN]} {shown}, and no model has over {largest:,}; correct it, or download the "
                "model again"
            )


def _numbers(values: Any) -> Iterator[tuple[str, int | float]]:
    """Yield each number with the name of its field. The elements of a list have that of the list."""
    pending = [("", values)]
    while pending:
        name, value = pending.pop()
        if isinstance(value, dict):
            pending += [(str(key), inner) for key, inner in value.items()]
        elif isinstance(value, list):
            pending += [(name, inner) for inner in value]
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield name, value
