"""Files and folders that are whole or not there: they get their names when all of them is written."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safetensors import SafetensorError

from hearsight.errors import HearsightError


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Where to write what becomes `path` at the end. Nothing is there at first, even where a kill left a part."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        yield part
        with part.open("r+b") as file:
            os.fsync(file.fileno())  # else a power cut might leave the name, and nothing in it
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write a file, a text as UTF-8."""
    with atomic_file(path) as part:
        part.write_bytes(content.encode() if isinstance(content, str) else content)


def check_empty(folder: Path) -> None:
    """Raises HearsightError for a folder that holds anything: nothing is overwritten."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise HearsightError(
            f"cannot write {folder}: something is there, and nothing is overwritten; give a new folder"
        )


@contextmanager
def atomic_folder(out: Path) -> Iterator[Path]:
    """A folder to write in, which becomes `out` at the end. See `check_empty`.

    Raises HearsightError where it cannot be written.
    """
    out = out.absolute()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as workshop:
            folder = Path(workshop) / "whole"  # the workshop itself is nobody else's to read
            folder.mkdir()
            yield folder
            folder.rename(out)
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise HearsightError(
            f"cannot write {out}: {reason}; make room or get permission, or write elsewhere"
        ) from error
