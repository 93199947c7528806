"""What is said in the clips of a data folder: recognised once, in parallel, and kept in a file for each recogniser."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import torch

from hearsight.datasets.filling import filling
from hearsight.datasets.manifest import Example, read_manifest
from hearsight.errors import HearsightError
from hearsight.media import probe
from hearsight.progress import Progress
from hearsight.speech import Transcript, load_recogniser, transcribe
from hearsight.types import Line

PERFECT = "perfect"

FEW = 8  # clips that are sooner recognised here than processes are started


def read_transcripts(
    folder: Path, recogniser: str = "pocketsphinx", progress: Progress | None = None
) -> dict[str, Transcript]:
    """What is said in each clip of a data folder, by id. What is missing is recognised first; an interruption loses
    the clips in flight.

    recogniser: see `load_recogniser`; or "perfect", for what the manifest tells in "spoken".
    """
    if recogniser == PERFECT:
        return _perfect_transcripts(folder)
    kept = folder / f"transcripts.{re.sub('[^a-zA-Z0-9.]+', '-', recogniser)}.jsonl"
    examples = read_manifest(folder)
    found = _read(kept)
    if not {example.id for example in examples} <= found.keys():
        with filling(folder):
            found = _fill(kept, examples, recogniser, progress)
    return {example.id: Transcript.from_dict(found[example.id]) for example in examples}


def _fill(kept: Path, examples: Sequence[Example], recogniser: str, progress: Progress | None) -> dict[str, Any]:
    """The transcripts that are kept, with what was missing."""
    _cut_to_complete_lines(kept)
    found = _read(kept)
    missing = [example for example in examples if example.id not in found]
    pool = (
        ProcessPoolExecutor(os.cpu_count(), get_context("spawn"), torch.set_num_threads, (1,))
        if len(missing) > FEW
        else None
    )
    with pool or nullcontext(), kept.open("a", encoding="utf-8") as file:
        paths = [example.path for example in missing]
        one = partial(_transcribe, recogniser)
        recognised = pool.map(one, paths, chunksize=4) if pool else map(one, paths)
        for example, transcript in zip(missing, recognised, strict=True):
            found[example.id] = transcript
            file.write(json.dumps({"id": example.id, "transcript": transcript}) + "\n")
            file.flush()
            if progress:
                progress("transcribed", len(found), len(examples))
    return found


def _perfect_transcripts(folder: Path) -> dict[str, Transcript]:
    with (folder / "manifest.jsonl").open(encoding="utf-8") as lines:
        spoken = {row["id"]: row.get("spoken") for row in map(json.loads, lines)}
    return {id: Transcript((Line(0.0, 0.0, text),) if text else (), PERFECT) for id, text in spoken.items()}


def _transcribe(recogniser: str, path: Path) -> dict[str, Any]:
    return transcribe(probe(path), load_recogniser(recogniser)).to_dict()


def _read(path: Path) -> dict[str, Any]:
    """The transcripts of a file, by id, without a last line that a kill cut short.

    Raises HearsightError for another line that is damaged.
    """
    found = {}
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            found[row["id"]] = row["transcript"]
        except (ValueError, KeyError, TypeError) as error:
            raise HearsightError(f"{path}, line {number} is damaged ({error}); delete the line or the file") from error
    return found


def _cut_to_complete_lines(path: Path) -> None:
    kept = path.read_bytes() if path.exists() else b""
    complete = kept[: kept.rfind(b"\n") + 1]
    if complete != kept:
        path.write_bytes(complete)
