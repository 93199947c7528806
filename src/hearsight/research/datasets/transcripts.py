"""Transcripts of the clips of a split: recognised once, in parallel, and stored in one file for each recogniser."""

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
from hearsight.media.probe import probe
from hearsight.research.datasets.journal import open_journal, read_journal
from hearsight.research.datasets.lock import folder_lock
from hearsight.research.datasets.manifest import MANIFEST, Example
from hearsight.speech import Recogniser, Transcript, load_recogniser, transcribe
from hearsight.types import Line
from hearsight.util import plugins
from hearsight.util.cpu import cores
from hearsight.util.progress import Progress

NONE = "none"
MANIFEST_FIELDS = {"given": "transcript", "perfect": "spoken"}  # "recognisers" that read a field of the manifest

SMALL = 8  # files; so few are recognised sooner in this process than others are started


def read_transcripts(
    folder: Path, clips: Sequence[Example], recogniser: str, progress: Progress | None = None
) -> dict[str, Transcript]:
    """Return what is said in each clip of a split, by id.

    Missing transcripts are recognised first; an interruption loses only the files in progress.

    recogniser: see `load_recogniser`; or "given" for the manifest's "transcript", "perfect" for its "spoken" (only
    generated clips have it), "none" for empty transcripts.
    """
    if recogniser == NONE:
        return {clip.id: Transcript() for clip in clips}
    if recogniser in MANIFEST_FIELDS:
        return _from_manifest(folder, clips, recogniser)
    journal = folder / f"transcripts.{re.sub('[^a-zA-Z0-9.]+', '-', recogniser)}.jsonl"
    transcripts = _read_journal(journal)
    if not {clip.id for clip in clips} <= transcripts.keys():
        with folder_lock(folder):
            transcripts = _add_missing(journal, clips, recogniser, progress)
    return {clip.id: transcripts[clip.id] for clip in clips}


def _add_missing(
    journal: Path, clips: Sequence[Example], recogniser: str, progress: Progress | None
) -> dict[str, Transcript]:
    """Recognise and store what is missing, and return all. A file is recognised once for all of its clips."""
    transcripts = _read_journal(journal)
    missing: dict[Path, list[Example]] = {}
    for clip in clips:
        if clip.id not in transcripts:
            missing.setdefault(clip.path, []).append(clip)
    pool = None
    if len(missing) > SMALL:
        pool = ProcessPoolExecutor(cores(), get_context("spawn"), _start_worker, (plugins.state.files,))
    with pool or nullcontext(), open_journal(journal) as add:
        one = partial(_transcribe, recogniser)
        recognised = pool.map(one, missing, chunksize=4) if pool else map(one, missing)
        for transcript, clips_of_file in zip(recognised, missing.values(), strict=True):
            for clip in clips_of_file:
                transcripts[clip.id] = _cut(transcript, clip)
                add({"id": clip.id, "transcript": transcripts[clip.id].to_dict()})
            if progress:
                progress("transcribed", len(transcripts), len(clips))
    _load_once.cache_clear()  # in this process: a model may take gigabytes
    return transcripts


def _start_worker(files: Sequence[Path]) -> None:
    torch.set_num_threads(1)
    plugins.run_files_once(files)


def _transcribe(recogniser: str, path: Path) -> Transcript:
    return transcribe(probe(path), _load_once(recogniser))


@cache
def _load_once(recogniser: str) -> Recogniser | None:
    """Load a recogniser once in a process: it takes seconds, and there may be ten thousand files."""
    return load_recogniser(recogniser)


def _cut(transcript: Transcript, clip: Example) -> Transcript:
    """Return the part of a file's transcript that is said in a clip; times stay those of the file."""
    if clip.start is None and clip.end is None:
        return transcript
    end = float("inf") if clip.end is None else clip.end
    lines = tuple(transcript.lines_between(clip.start or 0.0, end))
    return Transcript(lines, transcript.source, transcript.language)


def _from_manifest(folder: Path, clips: Sequence[Example], recogniser: str) -> dict[str, Transcript]:
    """Return the transcripts in the manifest. Raises HearsightError if no clip has one."""
    field = MANIFEST_FIELDS[recogniser]
    texts = {clip.id: getattr(clip, field) for clip in clips}
    if not any(texts.values()):
        raise HearsightError(
            f"no clip in {folder / MANIFEST} has a {field}, which the recogniser '{recogniser}' reads; "
            "give another recogniser, such as whisper"
        )
    return {id: Transcript((Line(0.0, 0.0, text),) if text else (), recogniser) for id, text in texts.items()}


def _read_journal(path: Path) -> dict[str, Transcript]:
    """Return the stored transcripts, by id."""
    transcripts = {}
    for number, row in enumerate(read_journal(path), start=1):
        try:
            transcripts[row["id"]] = Transcript.from_dict(row["transcript"])
        except (KeyError, TypeError) as error:
            raise HearsightError(f"{path}, line {number} is damaged ({error}); delete the line or the file") from error
    return transcripts
