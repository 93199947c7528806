"""JSON lines that grow while something long is done: killed at any moment, all but the line in flight is kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hearsight.errors import HearsightError


def read_journal(path: Path) -> Iterator[dict[str, Any]]:
    """The complete lines of a file; nothing where there is none.

    Raises HearsightError for a line that is damaged, other than a last one that a kill cut short.
    """
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError("no object")
        except ValueError as error:
            raise HearsightError(f"{path}, line {number} is damaged ({error}); delete the line or the file") from error
        yield row


@contextmanager
def open_journal(path: Path) -> Iterator[Callable[[dict[str, Any]], None]]:
    """What adds a line to the file, and lets it reach the disk; an incomplete last line is cut off first."""
    kept = path.read_bytes() if path.exists() else b""
    complete = kept[: kept.rfind(b"\n") + 1]
    if complete != kept:
        path.write_bytes(complete)
    with path.open("a", encoding="utf-8") as file:

        def add(row: dict[str, Any]) -> None:
            file.write(json.dumps(row) + "\n")
            file.flush()

        yield add
