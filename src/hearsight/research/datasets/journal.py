"""Files of JSON lines that grow during long work: if it is killed, at most the last line is incomplete."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hearsight.errors import HearsightError


def read_journal(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the complete lines of a file, none if it does not exist.

    Raises HearsightError for a damaged line, unless it is the last one and was cut short.
    """
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError("not an object")
        except (ValueError, RecursionError) as error:
            raise HearsightError(f"{path}, line {number} is damaged ({error}); delete the line or the file") from error
        yield row


@contextmanager
def open_journal(path: Path) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Open a file for adding lines; yields the function that adds one and flushes it.

    An incomplete last line is removed first.
    """
    content = path.read_bytes() if path.exists() else b""
    complete = content[: content.rfind(b"\n") + 1]
    if complete != content:
        path.write_bytes(complete)
    with path.open("a", encoding="utf-8") as file:

        def add(row: dict[str, Any]) -> None:
            file.write(json.dumps(row) + "\n")
            file.flush()

        yield add
