"""Teacher features in files, one for each clip, in the layout of SAVE's published ImageBind features (arXiv 2603.08224;
docs/reference.md, section 7, says what they are for):

    <folder>/VideoFeature/<id>.pt and <folder>/AudioFeature/<id>.pt

Each holds one tensor of floats, (W,) or (1, W); W is 1024 with ImageBind-huge. A clip without pictures, or without
sound, has no such file.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from hearsight.errors import HearsightError
from hearsight.models.torch_file import read_torch_file
from hearsight.research.datasets.clip_set import ClipSet
from hearsight.research.training.teacher_vectors import Teacher

VIDEO, AUDIO = "VideoFeature", "AudioFeature"
BLOCK = 16  # clips that are read at once to find missing files
EXAMPLES = 3  # clips that an error lists


def stored_teacher(folder: Path, clips: ClipSet) -> Teacher:
    """Return the clips' vectors, normalised; zeros where a clip has no pictures or no sound, as soft-ALBEF skips it.

    Raises HearsightError for a folder that does not exist, for missing files, and for a file that is damaged, holds
    more than a tensor, is not finite, or has another width than the first.
    """
    check_folder(folder)
    files = {part: [feature_file(folder, part, example.id) for example in clips.examples] for part in (VIDEO, AUDIO)}
    _check_missing(files, clips)
    vectors = {file: read_feature(file) for part in files.values() for file in part if file.is_file()}
    if not vectors:
        raise HearsightError(
            f"the teacher {folder} has a vector of no clip; give the folder of these clips, or set soft_albef to 0"
        )
    _check_widths(vectors)
    zeros = torch.zeros_like(next(iter(vectors.values())))
    seen, heard = (torch.stack([vectors.get(file, zeros) for file in files[part]]) for part in (VIDEO, AUDIO))
    return Teacher(F.normalize(seen, dim=-1), F.normalize(heard, dim=-1))


def check_folder(folder: Path) -> None:
    """Raise HearsightError for a folder without a teacher's features."""
    for part in (VIDEO, AUDIO):
        if not (folder / part).is_dir():
            raise HearsightError(
                f"the teacher {folder} has no folder {part}; set teacher to a folder made by `hearsight data teach`, "
                "or to 'towers' if these were trained to match sounds with pictures, or set soft_albef to 0"
            )


def feature_file(folder: Path, part: str, id: str) -> Path:
    """Return the file of a clip's vector. Raises HearsightError for an id that would lead out of the folder."""
    if Path(id).name != id:
        raise HearsightError(f"the clip {id!r} cannot have a file of that name; give it an id without slashes")
    return folder / part / f"{id}.pt"


def read_feature(file: Path) -> Tensor:
    """Return the vector of a file, (W,) in float32.

    Raises HearsightError for a file that is damaged, or is not one vector of finite floats.
    """
    try:
        vector = read_torch_file(file)
    except Exception as error:  # a damaged archive, or one that holds code, may raise anything
        raise HearsightError(
            f"cannot read {file}: it is damaged, or holds more than a tensor ({type(error).__name__}); compute it again"
        ) from error
    if not isinstance(vector, Tensor) or not vector.is_floating_point():
        raise HearsightError(f"{file} does not hold a tensor of floats; store the clip's vector alone")
    if vector.numel() == 0 or vector.shape not in [(vector.numel(),), (1, vector.numel())]:
        raise HearsightError(f"{file} has the shape {tuple(vector.shape)}; store one vector, (W,) or (1, W)")
    if not vector.isfinite().all():
        raise HearsightError(f"{file} holds numbers that are not finite; compute it again")
    return vector.detach().flatten().float()


def _check_missing(files: dict[str, list[Path]], clips: ClipSet) -> None:
    """Raise HearsightError for missing files, except those of clips without pictures, or without sound."""
    for part, column in files.items():
        missing = [index for index, file in enumerate(column) if not file.is_file()]
        # If all are missing, the first clips distinguish a wrong folder from data that are silent throughout.
        if len(missing) < len(column) or not _with_content(clips, missing[:BLOCK], part):
            missing = _with_content(clips, missing, part)
        if missing:
            names = ", ".join(column[index].name for index in missing[:EXAMPLES]) + ", ..." * (len(missing) > EXAMPLES)
            raise HearsightError(
                f"{column[0].parent} lacks {len(missing)} of {len(column)} clips ({names}); add them with "
                "`hearsight data teach`, or give the folder of these clips"
            )


def _with_content(clips: ClipSet, indices: Sequence[int], part: str) -> list[int]:
    """Return the indices of those clips that have pictures (part VIDEO) or sound (part AUDIO)."""
    present = []
    for start in range(0, len(indices), BLOCK):
        block = indices[start : start + BLOCK]
        inputs = clips.batch(block)
        has = inputs.frame_mask.bool().any(dim=1) if part == VIDEO else inputs.has_audio
        present += [index for index, has_content in zip(block, has.tolist(), strict=True) if has_content]
    return present


def _check_widths(vectors: dict[Path, Tensor]) -> None:
    first, expected = next((file, len(vector)) for file, vector in vectors.items())
    for file, vector in vectors.items():
        if len(vector) != expected:
            raise HearsightError(
                f"{file} has {len(vector)} numbers, {first} has {expected}, so they are of two teachers; "
                "compute the features again with one of them"
            )
