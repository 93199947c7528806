"""What is said in the clips of a data folder: recognised once, in parallel, and kept in a file for each recogniser."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from functools import cache, partial
from multiprocessing import get_context
from pathlib import Path

import torch

from hearsight.errors import HearsightError
from hearsight.media import probe
from hearsight.research.datasets.journal import open_journal, read_journal
from hearsight.research.datasets.lock import filling
from hearsight.research.datasets.split import Example, read_manifest
from hearsight.speech import Recogniser, Transcript, load_recogniser, transcribe
from hearsight.types import Line
from hearsight.util import plugins
from hearsight.util.cpu import cores
from hearsight.util.progress import Progress

NONE = "none"
TOLD = {"given": "transcript", "perfect": "spoken"}  # recognisers that read this field of the manifest

FEW = 8  # files that are sooner recognised here than processes are started


def read_transcripts(
    folder: Path, recogniser: str = "pocketsphinx", progress: Progress | None = None
) -> dict[str, Transcript]:
    """What is said in each clip of a data folder, by id. What is missing is recognised first; an interruption loses
    the files in flight.

    recogniser: see `load_recogniser`. Or "given", for what the manifest tells in "transcript"; "perfect", for
    "spoken", which only generated clips have; "none", for nothing at all.
    """
    examples = read_manifest(folder)
    if recogniser == NONE:
        return {example.id: Transcript() for example in examples}
    if recogniser in TOLD:
        return _told(folder, examples, recogniser)
    kept = folder / f"transcripts.{re.sub('[^a-zA-Z0-9.]+', '-', recogniser)}.jsonl"
    found = _read(kept)
    if not {example.id for example in examples} <= found.keys():
        with filling(folder):
            found = _fill(kept, examples, recogniser, progress)
    return {example.id: found[example.id] for example in examples}


def _fill(kept: Path, examples: Sequence[Example], recogniser: str, progress: Progress | None) -> dict[str, Transcript]:
    """The transcripts that are kept, with what was missing. A file is listened to once for all of its clips."""
    found = _read(kept)
    clips: dict[Path, list[Example]] = {}
    for example in examples:
        if example.id not in found:
            clips.setdefault(example.path, []).append(example)
    pool = None
    if len(clips) > FEW:
        pool = ProcessPoolExecutor(cores(), get_context("spawn"), _start_worker, (plugins.state.files,))
    with pool or nullcontext(), open_journal(kept) as add:
        one = partial(_transcribe, recogniser)
        recognised = pool.map(one, clips, chunksize=4) if pool else map(one, clips)
        for transcript, of_file in zip(recognised, clips.values(), strict=True):
            for example in of_file:
                found[example.id] = _cut(transcript, example)
                add({"id": example.id, "transcript": found[example.id].to_dict()})
            if progress:
                progress("transcribed", len(found), len(examples))
    _loaded.cache_clear()  # of this process: a model may take gigabytes
    return found


def _start_worker(files: Sequence[Path]) -> None:
    torch.set_num_threads(1)
    plugins.run_files_once(files)


def _transcribe(recogniser: str, path: Path) -> Transcript:
    return transcribe(probe(path), _loaded(recogniser))


@cache
def _loaded(recogniser: str) -> Recogniser | None:
    """Once in a process: a model takes seconds, and there may be ten thousand files."""
    return load_recogniser(recogniser)


def _cut(transcript: Transcript, example: Example) -> Transcript:
    """What of a file's transcript is said in a clip; its times stay those of the file."""
    if example.start is None and example.end is None:
        return transcript
    end = float("inf") if example.end is None else example.end
    lines = tuple(transcript.lines_between(example.start or 0.0, end))
    return Transcript(lines, transcript.source, transcript.language)


def _told(folder: Path, examples: Sequence[Example], recogniser: str) -> dict[str, Transcript]:
    """Of the manifest. Raises HearsightError where it tells of no clip what is said."""
    said = {example.id: getattr(example, TOLD[recogniser]) for example in examples}
    if not any(said.values()):
        raise HearsightError(
            f"{folder / 'manifest.jsonl'} has no {TOLD[recogniser]} of any clip, as the recogniser '{recogniser}' "
            "wants it; give another recogniser, such as whisper"
        )
    return {id: Transcript((Line(0.0, 0.0, text),) if text else (), recogniser) for id, text in said.items()}


def _read(path: Path) -> dict[str, Transcript]:
    """The transcripts of a file, by id."""
    found = {}
    for number, row in enumerate(read_journal(path), start=1):
        try:
            found[row["id"]] = Transcript.from_dict(row["transcript"])
        except (KeyError, TypeError) as error:
            raise HearsightError(f"{path}, line {number} is damaged ({error}); delete the line or the file") from error
    return found
