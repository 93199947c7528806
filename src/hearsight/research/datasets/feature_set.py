"""Features of frozen towers, extracted once and stored, so that training decodes no files.

They are stored in a LanceDB table beside the manifest, named by the towers' fingerprint: all heads on the same towers
read the same table, by random access. Rows are added in steps, so an interrupted extraction continues where it stopped.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
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
from hearsight.research.datasets.file_set import read_clip
from hearsight.research.datasets.lock import folder_lock
from hearsight.research.datasets.manifest import Example
from hearsight.speech import Transcript
from hearsight.types import ClipFeatures
from hearsight.util.lazy_lancedb import lancedb
from hearsight.util.progress import Progress

BATCH = 16  # clips that the towers process at once
CLIPS_PER_COMMIT = 128


@dataclass(frozen=True)
class FeatureSet:
    """N clips with captions and their stored features. See `Split.features`.

    rows: (N,), the row of each clip in the table. speech_ids: (N, S). has_speech: (N,).
    audio_width: Da; None where the towers have no audio tower.
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
        """Read the features of a batch of clips, in float32. See `ClipSet`."""
        heard, said = heard or seen, said or seen
        batch_rows = self.table.take_offsets(np.unique(self.rows[[*seen, *heard]]).tolist()).to_arrow()
        row_of = {id: row for row, id in enumerate(batch_rows["id"].to_pylist())}
        pictures, sounds = ([row_of[self.examples[clip].id] for clip in clips] for clips in (seen, heard))
        frame_mask = tensor_of(batch_rows["frame_mask"])
        frames = tensor_of(batch_rows["frames"]).view(*frame_mask.shape, -1)
        audio = None
        if self.audio_width is not None:
            audio = audio_of(batch_rows, self.audio_width)[sounds].float()
        return ClipFeatures(
            frames=frames[pictures].float(),
            frame_mask=frame_mask[pictures],
            has_audio=tensor_of(batch_rows["has_audio"])[sounds],
            has_speech=self.has_speech[list(said)],
            audio=audio,
            speech_ids=self.speech_ids[list(said)],
        )


def extract_features(
    folder: Path,
    clips: list[Example],
    transcripts: Mapping[str, Transcript],
    towers: VideoTextModel,
    progress: Progress | None = None,
) -> FeatureSet:
    """Return a split's clips with their features by a model's towers, extracting those that are missing.

    folder: where the table is stored. transcripts: by the clips' ids. See `Split.features`.
    """
    name = towers.towers_fingerprint
    table = _open(folder, name)
    if table is None or not {clip.id for clip in clips} <= set(_ids(table)):
        with folder_lock(folder):
            table = _add_missing(folder, name, clips, towers, progress)
    row_of = {id: row for row, id in enumerate(_ids(table))}
    texts = [transcripts[clip.id].text for clip in clips]
    return FeatureSet(
        clips,
        table,
        np.array([row_of[clip.id] for clip in clips], np.int64),
        speech_ids(towers, texts),
        has_speech(texts),
        towers.ast.width if isinstance(towers, AudioVisualModel) else None,
    )


def _add_missing(
    folder: Path, name: str, clips: Sequence[Example], towers: VideoTextModel, progress: Progress | None
) -> Any:
    """Extract and store what is missing, and return the table."""
    table = _open(folder, name)
    if table is None:  # remove what remains of a table whose creation was killed
        shutil.rmtree(folder / "features" / f"{name}.lance", ignore_errors=True)
    ids = set() if table is None else set(_ids(table))
    missing = [clip for clip in clips if clip.id not in ids]
    for start in range(0, len(missing), CLIPS_PER_COMMIT):
        chunk = missing[start : start + CLIPS_PER_COMMIT]
        rows = _extract(chunk, towers)
        if table is None:  # its schema follows from the first clips
            table = lancedb.connect(str(folder / "features")).create_table(name, rows)
        else:
            table.add(rows)
        if progress:
            progress("extracted", len(ids) + start + len(chunk), len(clips))
    return table


def _open(folder: Path, name: str) -> Any:
    """Return the table, or None if there is none with a readable version."""
    if not (folder / "features" / f"{name}.lance" / "_versions").exists():
        return None
    return lancedb.connect(str(folder / "features")).open_table(name)


def _ids(table: Any) -> list[str]:
    ids: list[str] = table.search().select(["id"]).to_arrow()["id"].to_pylist()
    return ids


@torch.no_grad()
def _extract(clips: Sequence[Example], towers: VideoTextModel) -> pa.Table:
    parts = []
    for start in range(0, len(clips), BATCH):
        batch = clips[start : start + BATCH]
        inputs = [read_clip(clip, "", towers) for clip in batch]
        parts.append(as_rows([clip.id for clip in batch], towers.extract(collate(inputs))))
    return pa.concat_tables(parts)
