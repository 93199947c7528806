"""Write files and folders atomically: they get their names once they are complete."""

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
    """Yield the path of a temporary file, which becomes `path` at the end. It does not exist at first."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        yield part
        with part.open("r+b") as file:
            os.fsync(file.fileno())  # else a power cut might leave an empty file of that name
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def write_atomic(path: Path, content: str | bytes) -> None:
    """Write a file atomically, text as UTF-8."""
    with atomic_file(path) as part:
        part.write_bytes(content.encode() if isinstance(content, str) else content)


def check_empty(folder: Path) -> None:
    """Raise HearsightError for a path that is a file, or a folder that is not empty: nothing is overwritten."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise HearsightError(
            f"cannot write {folder}: it exists and is not an empty folder; nothing is overwritten, give a new one"
        )


@contextmanager
def atomic_folder(out: Path) -> Iterator[Path]:
    """Yield a temporary folder, which becomes `out` at the end; `out` must not exist, or be empty (`check_empty`).

    Raises HearsightError if it cannot be written.
    """
    out = out.absolute()
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as temporary:
            folder = Path(temporary) / "folder"  # with usual permissions; `temporary` itself is for this user alone
            folder.mkdir()
            yield folder
            folder.rename(out)
    except (OSError, SafetensorError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise HearsightError(
            f"cannot write {out}: {reason}; make room or get permission, or write elsewhere"
        ) from error
