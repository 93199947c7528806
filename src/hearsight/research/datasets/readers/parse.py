"""Parse annotation files, with errors that say which line is wrong."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hearsight.errors import HearsightError
from hearsight.util.bounded_file import numbered_lines, read_bounded
from hearsight.util.plain_pickle import MOST_BYTES
from hearsight.util.plain_pickle import read_pickle as read_plain

MAX_JSON = 200_000_000  # bytes; the field's own files have at most a quarter
SHOWN = 200  # letters of what a file has, in a message
MAX_STEPS = 10_000_000  # of a pickle


def lines(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (source, line) for each line that is not empty; source is the file and line number.

    Raises HearsightError for a file that cannot be read, and for a line that is not UTF-8.
    """
    for number, line in enumerate(_decoded(path), start=1):
        if line.strip():
            yield f"{path}, line {number}", line.rstrip("\r\n")


def rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield (source, row) for each row of a CSV file with a header."""
    reader = csv.DictReader(_decoded(path), restkey="")
    try:
        for row in reader:
            yield f"{path}, line {reader.line_num}", row
    except csv.Error as error:
        raise HearsightError(f"{path}, line {reader.line_num} is not CSV ({error}); correct the line") from error


def read_json(path: Path) -> Any:
    """Read a JSON file. Raises HearsightError for invalid JSON, and for a file too large to hold in memory."""
    try:
        if (size := path.stat().st_size) > MAX_JSON:
            raise HearsightError(f"{path} is {size / 1e9:.1f} GB of JSON, too much to hold; give JSON lines or Parquet")
        return json.loads(read_bounded(path, MAX_JSON).decode("utf-8-sig"))
    except OSError as error:
        raise HearsightError(f"cannot read {path}: {error.strerror}; get permission, or check the disk") from error
    except (ValueError, RecursionError) as error:
        raise HearsightError(f"{path} is not JSON ({error}); download it again") from error


def read_pickle(path: Path) -> Any:
    """Read pickled plain data. Raises HearsightError for anything else."""
    try:
        return read_plain(io.BytesIO(read_bounded(path, MOST_BYTES)), most_steps=MAX_STEPS)
    except Exception as error:  # a damaged pickle may raise anything
        raise HearsightError(
            f"cannot read {path} as plain data ({error}), and code in a pickle is never run; download it again"
        ) from error


def field(source: str, row: Mapping[str, str | None], name: str) -> str:
    """Return a column of a row. Raises HearsightError if it is missing or empty."""
    value = (row.get(name) or "").strip()
    if not value:
        raise HearsightError(f"{source} has no {name}; the file needs that column, with a value in each row")
    return value


@contextmanager
def check_shape(source: object, shape: str) -> Iterator[None]:
    """Raise HearsightError if the code within fails on data that do not have the shape it expects."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        reason = repr(error)[:SHOWN]
        raise HearsightError(f"{source} is not {shape} ({reason}); download it again") from error


def _decoded(path: Path) -> Iterator[str]:
    try:
        for number, line in numbered_lines(path):
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError as error:
                raise HearsightError(f"{path}, line {number} is not UTF-8 ({error}); convert the file") from error
    except OSError as error:
        raise HearsightError(f"cannot read {path}: {error.strerror}; get permission to read it") from error
