"""Annotation files, read so that what is wrong in one is told with its line."""

from __future__ import annotations

import csv
import json
import pickle
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hearsight.errors import HearsightError

LARGEST = 500_000_000  # bytes of JSON that has to be held as a whole; the field's own files have at most a tenth


def lines(path: Path) -> Iterator[tuple[str, str]]:
    """The lines that are not empty, each after where it stands.

    Raises HearsightError for a file that cannot be read, and for a line that is not UTF-8.
    """
    for number, line in enumerate(_decoded(path), start=1):
        if line.strip():
            yield f"{path}, line {number}", line.rstrip("\r\n")


def rows(path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The rows of a CSV file with a head, each after where it stands."""
    reader = csv.DictReader(_decoded(path), restkey="")
    try:
        for row in reader:
            yield f"{path}, line {reader.line_num}", row
    except csv.Error as error:
        raise HearsightError(f"{path}, line {reader.line_num} is no CSV ({error})") from error


def whole_json(path: Path) -> Any:
    """Raises HearsightError for what is no JSON, or more of it than memory should hold."""
    try:
        if (size := path.stat().st_size) > LARGEST:
            raise HearsightError(f"{path} is {size / 1e9:.1f} GB of JSON, too much to hold; give JSON lines or Parquet")
        return json.loads(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        raise HearsightError(f"cannot read {path}: {error.strerror}; get permission, or check the disk") from error
    except ValueError as error:
        raise HearsightError(f"{path} is no JSON ({error}); fetch it again") from error


class _Plain(pickle.Unpickler):
    """Reads lists, dictionaries, texts and numbers; nothing that would run code."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"it asks for {module}.{name}")


def plain_pickle(path: Path) -> Any:
    """What is pickled, if it is plain data. Raises HearsightError for anything else."""
    try:
        with path.open("rb") as file:
            return _Plain(file, encoding="utf-8").load()
    except Exception as error:  # of a damaged pickle, anything may come
        raise HearsightError(f"cannot read {path} as plain data ({error}); nothing else is unpickled") from error


def field(where: str, row: Mapping[str, str | None], name: str) -> str:
    """A column of a row. Raises HearsightError where it is missing or empty."""
    value = (row.get(name) or "").strip()
    if not value:
        raise HearsightError(f"{where} has no {name}; the file needs that column, filled")
    return value


@contextmanager
def expected(where: object, what: str) -> Iterator[None]:
    """Raises HearsightError for data of another shape than `what` says."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise HearsightError(f"{where} is not {what} ({error!r}); fetch it again") from error


def _decoded(path: Path) -> Iterator[str]:
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                try:
                    yield line.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise HearsightError(f"{path}, line {number} is not UTF-8 ({error}); convert the file") from error
    except OSError as error:
        raise HearsightError(f"cannot read {path}: {error.strerror}") from error
