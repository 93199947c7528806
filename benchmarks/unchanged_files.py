"""Measures how long it takes to see that nothing has changed in a large folder.

    python benchmarks/unchanged_files.py
    python benchmarks/unchanged_files.py --files 1000 --rounds 1

A folder of so many small files, a thousand to a folder, half of them with subtitles beside, and a library that knows
them all, with one clip each and vectors of a tiny model. Timed is `hearsight index` as a process of its own, which
finds nothing to do, and in this process what it does: looking through the folder, reading what the library knows,
comparing both, and the whole of `Library.update`. Medians of all rounds; the system has the folder's entries in memory
from the second time on, and the first is told as well.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import hearsight
from harness import machine, make_model, print_results
from synthetic_clips import write_clips

if TYPE_CHECKING:
    from hearsight.library import Library

FILES_A_FOLDER, BLOCK = 1_000, 10_000


def make_files(folder: Path, count: int) -> None:
    for number in range(count):
        below = folder / f"{number // FILES_A_FOLDER:04}"
        if number % FILES_A_FOLDER == 0:
            below.mkdir(parents=True)
        below.joinpath(f"film {number:06}.mp4").write_bytes(b"%06d" % number)
        if number % 2:
            below.joinpath(f"film {number:06}.srt").write_bytes(b"")


def make_library(folder: Path, model_folder: str) -> Library:
    """Create a library in which every file of the folder is recorded."""
    import torch

    from hearsight.library.indexing.diff import content_hash, video_id
    from hearsight.library.indexing.scan import walk
    from hearsight.library.tables.schema import ClipFacts, Video, clip_id
    from hearsight.types import Clip

    model = hearsight.load(model_folder)
    library = hearsight.Library.create(folder, model, name=model_folder)
    store = library.searchable.store
    files = walk(folder, exclude=library.location).files
    clip, draw = Clip(Path(), 0.0, 1.0), torch.Generator().manual_seed(0)
    for first in range(0, len(files), BLOCK):
        some = files[first : first + BLOCK]
        videos = [Video("", file.path, file.size, file.stat, content_hash(file), 1.0) for file in some]
        ids = [video_id(video.path, video.content, "none", frozenset()) for video in videos]
        frames = torch.zeros(len(some), model.config.frames, model.width)
        pooled = torch.randn(len(some), model.text_width, generator=draw)
        facts = [ClipFacts(clip_id(id, clip), id, clip, "", "", [], False, False, None) for id in ids]
        write_clips(store, facts, frames, pooled)
        store.put_videos([Video(**{**vars(video), "id": id}) for video, id in zip(videos, ids, strict=True)])
    store.maintain()
    return library


def parts(library: Library, model: Any) -> dict[str, Callable[[], object]]:
    """Return the parts of an update of an unchanged folder."""
    from hearsight.library.indexing.diff import compare
    from hearsight.library.indexing.scan import walk

    scan = walk(library.folder, exclude=library.location)
    videos = hearsight.Library.open(library=library.location).searchable.store.snapshot().videos
    assert compare(scan, videos.values(), {}).unchanged == len(scan.files)
    return {
        "looking through the folder": lambda: walk(library.folder, exclude=library.location),
        "reading what is known": lambda: list(
            hearsight.Library.open(library=library.location).searchable.store.snapshot().videos.values()
        ),
        "comparing": lambda: compare(scan, videos.values(), {}),
        "the whole update": lambda: hearsight.Library.open(library.folder).update(recogniser="none"),
        "hearsight index": lambda: index(library.folder),
    }


def index(folder: Path) -> None:
    """Run the command, and assert that there was nothing to do."""
    command = [sys.executable, "-m", "hearsight.cli.main", "index", str(folder), "--recogniser", "none", "--json"]
    report = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert report["unchanged"] and not (report["added"] or report["changed"] or report["deleted"] or report["failed"])


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()

    hardware = machine()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        make_files(root / "films", options.files)
        make_model(root / "model", "clip4clip", "tiny")
        library = make_library(root / "films", str(root / "model"))
        model = hearsight.load(root / "model")
        taken = {name: [timed(work) for _ in range(options.rounds + 1)] for name, work in parts(library, model).items()}
    rows = [
        {"what": name, "first, s": f"{times[0]:.2f}", "median, s": f"{median(times[1:]):.2f}"}
        for name, times in taken.items()
    ]
    print_results(hardware, [(f"an unchanged folder of {options.files:,} files", rows)], taken, options.json)


if __name__ == "__main__":
    main()
