"""What a library takes on its disk, and taking it away."""

from __future__ import annotations

import os
import shutil
from collections.abc import Set
from contextlib import suppress
from pathlib import Path

from hearsight.errors import HearsightError

# All that a library is, but for transcripts. library.json, which ends making it, is the first to go.
PARTS = ("library.json", "videos.lance", "clips*.lance", "failures.lance", "features.lance")
BESIDE = ("update.lock", "update.json", "library.json.part", "transcripts")
TRANSCRIPTS = ("*.json", "*.json.part", "*.attempts")  # what updates keep in that folder


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


def clear(at: Path, rebuild: bool) -> None:
    """Take away what is left of a library, for a new one. Raises what `check_free` raises."""
    check_free(at, rebuild)
    for part in PARTS:
        for path in at.glob(part):
            remove(path)
    clear_transcripts(at / "transcripts")


def check_free(at: Path, rebuild: bool) -> None:
    """Raises HearsightError where no library is but other things, or, unless to be rebuilt, clips of a lost one."""
    if not at.is_dir() or (at / "library.json").exists():
        return
    known = {path for name in (*PARTS, *BESIDE) for path in at.glob(name)}
    others = [path for path in at.iterdir() if path not in known and path.name[0] != "."]
    kept = {path for name in TRANSCRIPTS for path in (at / "transcripts").glob(name)}
    others += [path for path in (at / "transcripts").glob("*") if path not in kept]
    if others:
        raise HearsightError(
            f"{at} has other things in it ({min(others).name}); keep the library in a folder of its own (--library)"
        )
    if not rebuild and any(at.glob("clips*.lance/data/*")):
        raise HearsightError(
            f"there are clips of a library in {at}, and its library.json is gone; put that back, or make the library "
            "anew with --rebuild"
        )


def clear_transcripts(at: Path, besides: Set[str] = frozenset()) -> None:
    """Take away what updates have kept in this folder. besides: ids of videos whose transcripts stay."""
    for name in TRANSCRIPTS:
        for left in at.glob(name):
            if left.name.partition(".")[0] not in besides:
                left.unlink(missing_ok=True)
