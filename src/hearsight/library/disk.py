"""What a library takes on its disk, and taking it away."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path


def bytes_of(at: Path) -> int:
    """What the files of a folder take. They may come and go meanwhile."""
    total = 0
    for here, _, names in os.walk(at):
        for name in names:
            with suppress(OSError):
                total += Path(here, name).stat().st_size
    return total


def remove(path: Path) -> None:
    """A file or a folder with all that it has."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
