"""Features of frozen towers, extracted once and stored, so that training decodes nothing.

A data folder has manifest.jsonl: one clip a line, with "id", "path" (relative to the folder) and "captions"
([{"kind", "text"}]). Beside it stand transcripts.jsonl and, by the towers' fingerprint, a LanceDB table of features.
Both are filled in steps: an interrupted extraction goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import lancedb
import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor

from hearsight.errors import HearsightError
from hearsight.media import probe
from hearsight.models.avigate import AVIGATE
from hearsight.models.inputs import ClipInputs, collate, read_clips, speech_ids, spoken
from hearsight.speech import Transcript, load_recogniser, transcribe
from hearsight.types import Clip, ClipFeatures

Progress = Callable[[str, int, int], None]  # what is done, how many, of how many

BATCH = 16  # clips to the towers at once
KEPT_AT_ONCE = 128  # clips a commit


@dataclass(frozen=True)
class Example:
    """One clip of a manifest. captions: (kind, text); kind is "" where the data have none."""

    id: str
    path: Path
    captions: tuple[tuple[str, str], ...]
    group: str  # clips of one group (twins) belong in one batch


def read_manifest(folder: Path) -> list[Example]:
    """The clips of a data folder. Raises HearsightError for a missing manifest, and for a line that is not right."""
    manifest = folder / "manifest.jsonl"
    if not manifest.is_file():
        raise HearsightError(f"no manifest.jsonl in {folder}; give a folder made by `hearsight soundstage render`")
    with manifest.open(encoding="utf-8") as lines:
        return [_example(folder, manifest, number, line) for number, line in enumerate(lines, start=1)]


def _example(folder: Path, manifest: Path, number: int, line: str) -> Example:
    try:
        row = json.loads(line)
        captions = tuple((caption.get("kind", ""), caption["text"]) for caption in row["captions"])
        group = (row.get("twin") or {}).get("group", row["id"])
        return Example(row["id"], folder / row["path"], captions, group)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HearsightError(
            f"{manifest}, line {number} is not a clip ({error!r}); it needs id, path and captions"
        ) from error


# Transcripts


def transcripts(
    folder: Path, recogniser: str = "pocketsphinx", workers: int = 2, progress: Progress | None = None
) -> dict[str, Transcript]:
    """What is said in each clip of a data folder, by id; recognised once, in parallel, and kept."""
    kept = folder / "transcripts.jsonl"
    found = {row["id"]: row["transcript"] for row in _complete_lines(kept)}
    examples = read_manifest(folder)
    missing = [example for example in examples if example.id not in found]
    if missing:
        with (
            ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool,
            kept.open("a", encoding="utf-8") as file,
        ):
            recognised = pool.map(partial(_transcribe, recogniser), [example.path for example in missing], chunksize=4)
            for example, transcript in zip(missing, recognised, strict=True):
                found[example.id] = transcript
                file.write(json.dumps({"id": example.id, "transcript": transcript}) + "\n")
                file.flush()
                if progress:
                    progress("transcribed", len(found), len(examples))
    return {id: Transcript.from_dict(transcript) for id, transcript in found.items()}


def _transcribe(recogniser: str, path: Path) -> dict[str, Any]:
    torch.set_num_threads(1)
    return transcribe(probe(path), load_recogniser(recogniser)).to_dict()


def _complete_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON lines of a file, without a last one that a kill cut short; that one is removed."""
    if not path.exists():
        return
    text = path.read_text(encoding="utf-8")
    complete = text[: text.rfind("\n") + 1]
    if complete != text:
        path.write_text(complete, encoding="utf-8")
    yield from map(json.loads, complete.splitlines())


# Features


@dataclass
class FeatureSet:
    """The features of N clips in memory, in the order of their examples; half precision."""

    examples: list[Example]
    features: ClipFeatures

    def __len__(self) -> int:
        return len(self.examples)

    def batch(self, chosen: Sequence[int]) -> ClipFeatures:
        """Some of the clips, in float32."""
        rows, given = torch.tensor(chosen), self.features
        return ClipFeatures(
            frames=given.frames[rows].float(),
            frame_mask=given.frame_mask[rows],
            has_audio=given.has_audio[rows],
            has_speech=given.has_speech[rows],
            audio=None if given.audio is None else given.audio[rows].float(),
            speech_ids=None if given.speech_ids is None else given.speech_ids[rows],
        )


def extract(
    folder: Path, towers: AVIGATE, recogniser: str = "pocketsphinx", progress: Progress | None = None
) -> FeatureSet:
    """The features of a data folder's clips by a model's towers: extracted where missing, then read.

    towers: any model that listens; only its towers play a part.
    """
    examples, said = read_manifest(folder), transcripts(folder, recogniser, progress=progress)
    database = lancedb.connect(str(folder / "features"))
    # The schema follows from the first clip; a table is there or not, never half made.
    exists = towers.fingerprint in database.table_names()
    table = database.open_table(towers.fingerprint) if exists else None
    stored = set() if table is None else set(table.search().select(["id"]).to_arrow()["id"].to_pylist())
    missing = [example for example in examples if example.id not in stored]
    for start in range(0, len(missing), KEPT_AT_ONCE):
        some = missing[start : start + KEPT_AT_ONCE]
        rows = _rows(some, said, towers)
        if table is None:
            table = database.create_table(towers.fingerprint, rows)
        else:
            table.add(rows)
        if progress:
            progress("extracted", len(stored) + start + len(some), len(examples))
    return _read(database.open_table(towers.fingerprint).to_arrow(), examples, said, towers)


@torch.no_grad()
def _rows(examples: Sequence[Example], said: dict[str, Transcript], towers: AVIGATE) -> pa.Table:
    columns: dict[str, list[NDArray[Any]]] = {}
    for start in range(0, len(examples), BATCH):
        inputs = [_inputs(example, said[example.id], towers) for example in examples[start : start + BATCH]]
        features = towers.extract(collate(inputs))
        assert features.audio is not None
        for name, tensor in (
            ("frames", features.frames.half()),
            ("frame_mask", features.frame_mask),
            ("has_audio", features.has_audio),
            ("audio", features.audio.half()),
        ):
            columns.setdefault(name, []).append(tensor.flatten(1).numpy() if tensor.ndim > 1 else tensor.numpy())
    arrays = {name: np.concatenate(parts) for name, parts in columns.items()}
    return pa.table(
        {"id": [example.id for example in examples], **{name: _column(array) for name, array in arrays.items()}}
    )


def _inputs(example: Example, transcript: Transcript, towers: AVIGATE) -> ClipInputs:
    info = probe(example.path)
    return next(read_clips(info, [Clip(example.path, 0.0, info.duration)], transcript, towers))


def _column(array: NDArray[Any]) -> pa.Array:
    return pa.array(array) if array.ndim == 1 else pa.FixedSizeListArray.from_arrays(array.ravel(), array.shape[1])


def _read(table: pa.Table, examples: list[Example], said: dict[str, Transcript], towers: AVIGATE) -> FeatureSet:
    place = {id: row for row, id in enumerate(table["id"].to_pylist())}
    table = table.take([place[example.id] for example in examples])

    def column(name: str, *shape: int) -> Tensor:
        array = table[name].combine_chunks()
        flat = array.flatten() if pa.types.is_fixed_size_list(array.type) else array
        return torch.from_numpy(flat.to_numpy(zero_copy_only=False).copy()).view(len(examples), *shape)

    F, D, Da = towers.config.frames, towers.width, towers.ast.width
    texts = [transcript_text(said[example.id]) for example in examples]
    return FeatureSet(
        examples,
        ClipFeatures(
            frames=column("frames", F, D),
            frame_mask=column("frame_mask", F),
            has_audio=column("has_audio"),
            has_speech=spoken(texts),
            audio=column("audio", -1, Da),
            speech_ids=speech_ids(towers, texts),
        ),
    )


def transcript_text(transcript: Transcript) -> str:
    """All that is said."""
    return " ".join(line.text for line in transcript.lines)
