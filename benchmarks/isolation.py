"""Measures what it costs that a child process decodes files and recognises their speech, and not the one that indexes.

    python benchmarks/isolation.py FOLDER
    python benchmarks/isolation.py FOLDER --rounds 10 --json

The folder's files are indexed in both ways, in turns, each time in a new process and as a new library elsewhere, by the
demo model. Times include the start of Python and loading the model; processor time includes the child.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from unittest import mock

from harness import machine, print_results

CHILD, HERE = "in a child process", "in the same process"


@dataclass(frozen=True)
class Run:
    """One indexing of the folder. wall, processor: seconds."""

    way: str
    clips: int
    wall: float
    processor: float


def index(way: str, folder: str, library: str) -> None:
    """Index a folder in this process, and print the number of clips."""
    import hearsight
    from hearsight.util.child_process import call_here

    here = nullcontext(SimpleNamespace(call=call_here))
    lend = mock.patch("hearsight.library.run_update.borrowed_child", lambda: here)
    with lend if way == HERE else nullcontext():
        print(hearsight.index(folder, library=library, model="demo", rebuild=True).info().clips)


def measure(way: str, folder: Path, library: Path) -> Run:
    """Index in a new process, and ask the system what it and its child took."""
    begun = time.perf_counter()
    command = [sys.executable, __file__, str(folder), "--index", way, str(library)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    with process:
        clips = int(process.stdout.read())
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Run(way, clips, time.perf_counter() - begun, usage.ru_utime + usage.ru_stime)


def runs(folder: Path, rounds: int) -> Iterator[Run]:
    with tempfile.TemporaryDirectory() as library:
        measure(CHILD, folder, Path(library))  # reads the files once, from a disk that may be slow
        for _ in range(rounds):
            for way in (CHILD, HERE):
                yield measure(way, folder, Path(library))


def row(way: str, measured: list[Run]) -> dict[str, str]:
    walls = [run.wall for run in measured if run.way == way]
    processors = [run.processor for run in measured if run.way == way]
    return {
        "decoded": way,
        "clips": str(measured[0].clips),
        "wall, s": f"{median(walls):.2f}",
        "from - to": f"{min(walls):.2f} - {max(walls):.2f}",
        "processor, s": f"{median(processors):.2f}",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--index", nargs=2, metavar=("WAY", "LIBRARY"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.index:
        index(options.index[0], str(options.folder), options.index[1])
        return
    hardware = machine()
    measured = list(runs(options.folder, options.rounds))
    title = f"indexing, medians of {options.rounds} rounds in turns"
    table = [row(way, measured) for way in (CHILD, HERE)]
    print_results(hardware, [(title, table)], list(map(asdict, measured)), options.json)


if __name__ == "__main__":
    main()
