"""Features of frozen towers, extracted once and stored, so that training decodes nothing.

They stand in a LanceDB table beside the manifest, named by the towers' fingerprint: every head on the same towers reads
the same table, by random access. It is filled in steps: an interrupted extraction goes on.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from torch import Tensor

from hearsight.models.audio_visual import AudioVisualModel
from hearsight.models.base import VideoTextModel
from hearsight.models.feature_rows import as_rows, audio_of, tensor_of
from hearsight.models.preprocess import collate, has_speech, speech_ids
from hearsight.research.datasets.files import read_clip
from hearsight.research.datasets.lock import filling
from hearsight.research.datasets.split import Example, read_manifest
from hearsight.research.datasets.transcripts import read_transcripts
from hearsight.types import ClipFeatures
from hearsight.util.lancedb import lancedb
from hearsight.util.progress import Progress

BATCH = 16  # clips to the towers at once
KEPT_AT_ONCE = 128  # clips a commit


@dataclass(frozen=True)
class FeatureSet:
    """N clips with captions and their stored features.

    rows: (N,), the row of each clip in the table. speech_ids: (N, S). has_speech: (N,).
    audio_width: Da; None where the towers do not listen.
    """

    examples: list[Example]
    table: Any
    rows: NDArray[np.integer]
    speech_ids: Tensor
    has_speech: Tensor
    audio_width: int | None

    def __len__(self) -> int:
        return len(self.examples)

    def batch(
        self, seen: Sequence[int], heard: Sequence[int] | None = None, said: Sequence[int] | None = None
    ) -> ClipFeatures:
        """See `ClipSet`. In float32."""
        heard, said = heard or seen, said or seen
        stored = self.table.take_offsets(np.unique(self.rows[[*seen, *heard]]).tolist()).to_arrow()
        place = {id: row for row, id in enumerate(stored["id"].to_pylist())}
        pictures, sounds = ([place[self.examples[clip].id] for clip in clips] for clips in (seen, heard))
        frame_mask = tensor_of(stored["frame_mask"])
        frames = tensor_of(stored["frames"]).view(*frame_mask.shape, -1)
        audio = None
        if self.audio_width is not None:
            audio = audio_of(stored, self.audio_width)[sounds].float()
        return ClipFeatures(
            frames=frames[pictures].float(),
            frame_mask=frame_mask[pictures],
            has_audio=tensor_of(stored["has_audio"])[sounds],
            has_speech=self.has_speech[list(said)],
            audio=audio,
            speech_ids=self.speech_ids[list(said)],
        )


def extract(
    folder: Path, towers: VideoTextModel, recogniser: str = "pocketsphinx", progress: Progress | None = None
) -> FeatureSet:
    """The features of a data folder's clips by a model's towers: extracted where missing, read when asked for.

    towers: any model; only its image and audio tower and its tokenizer play a part.
    """
    examples, said = read_manifest(folder), read_transcripts(folder, recogniser, progress=progress)
    name = towers.towers_fingerprint
    table = _open(folder, name)
    if table is None or not {example.id for example in examples} <= set(_ids(table)):
        with filling(folder):
            table = _fill(folder, name, examples, towers, progress)
    row = {id: row for row, id in enumerate(_ids(table))}
    texts = [said[example.id].text for example in examples]
    return FeatureSet(
        examples,
        table,
        np.array([row[example.id] for example in examples], np.int64),
        speech_ids(towers, texts),
        has_speech(texts),
        towers.ast.width if isinstance(towers, AudioVisualModel) else None,
    )


def _fill(
    folder: Path, name: str, examples: Sequence[Example], towers: VideoTextModel, progress: Progress | None
) -> Any:
    """The table with what was missing."""
    table = _open(folder, name)
    if table is None:  # one whose making was killed is cleared away
        shutil.rmtree(folder / "features" / f"{name}.lance", ignore_errors=True)
    stored = set() if table is None else set(_ids(table))
    missing = [example for example in examples if example.id not in stored]
    for start in range(0, len(missing), KEPT_AT_ONCE):
        some = missing[start : start + KEPT_AT_ONCE]
        rows = _extracted(some, towers)
        if table is None:  # its schema follows from the first clips
            table = lancedb.connect(str(folder / "features")).create_table(name, rows)
        else:
            table.add(rows)
        if progress:
            progress("extracted", len(stored) + start + len(some), len(examples))
    return table


def _open(folder: Path, name: str) -> Any:
    """The table, or None where there is none with a version to read."""
    if not (folder / "features" / f"{name}.lance" / "_versions").exists():
        return None
    return lancedb.connect(str(folder / "features")).open_table(name)


def _ids(table: Any) -> list[str]:
    ids: list[str] = table.search().select(["id"]).to_arrow()["id"].to_pylist()
    return ids


@torch.no_grad()
def _extracted(examples: Sequence[Example], towers: VideoTextModel) -> pa.Table:
    parts = []
    for start in range(0, len(examples), BATCH):
        some = examples[start : start + BATCH]
        inputs = [read_clip(example, "", towers) for example in some]
        parts.append(as_rows([example.id for example in some], towers.extract(collate(inputs))))
    return pa.concat_tables(parts)
