"""Teacher features in files, one for each clip, laid out as SAVE published those of ImageBind (arXiv 2603.08224; what
they are for is in docs/reference.md section 7):

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
from hearsight.research.datasets.clip_set import ClipSet
from hearsight.research.training.teacher import Teacher

VIDEO, AUDIO = "VideoFeature", "AudioFeature"
BLOCK = 16  # clips looked into at once
NAMED = 3  # clips that an error names


def stored_teacher(folder: Path, clips: ClipSet) -> Teacher:
    """The vectors of these clips, made unit. Zeros where a clip has no pictures or no sound: soft-ALBEF leaves it out.

    Raises HearsightError for a folder that is not there, for files that are missing, and for one that is damaged, holds
    more than a tensor, is not finite, or has another width than the others.
    """
    check_folder(folder)
    files = {part: [feature_file(folder, part, example.id) for example in clips.examples] for part in (VIDEO, AUDIO)}
    _check_missing(files, clips)
    vectors = {file: read_feature(file) for part in files.values() for file in part if file.is_file()}
    if not vectors:
        raise HearsightError(f"no clip has pictures or sound for the teacher {folder} to tell of; set soft_albef to 0")
    _check_widths(vectors)
    nothing = torch.zeros_like(next(iter(vectors.values())))
    seen, heard = (torch.stack([vectors.get(file, nothing) for file in files[part]]) for part in (VIDEO, AUDIO))
    return Teacher(F.normalize(seen, dim=-1), F.normalize(heard, dim=-1))


def check_folder(folder: Path) -> None:
    """Raises HearsightError for a folder that holds no teacher's features."""
    for part in (VIDEO, AUDIO):
        if not (folder / part).is_dir():
            raise HearsightError(
                f"the teacher {folder} has no folder {part}; set teacher to a folder made by `hearsight data teach`, "
                "or to 'towers' where these know already which sounds go with which pictures, or set soft_albef to 0"
            )


def feature_file(folder: Path, part: str, id: str) -> Path:
    """Where a clip's vector stands. Raises HearsightError for an id that would lead out of the folder."""
    if Path(id).name != id:
        raise HearsightError(f"the clip {id!r} cannot have a file of that name; give it an id without slashes")
    return folder / part / f"{id}.pt"


def read_feature(file: Path) -> Tensor:
    """(W,) in float32. Raises HearsightError for a file that is damaged, or is not one vector of finite floats."""
    try:
        # weights_only: nothing that is pickled in the file can run.
        vector = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # of a damaged archive, or one that holds code, anything may come
        raise HearsightError(
            f"cannot read {file}: it is damaged, or holds more than a tensor ({type(error).__name__}); make it again"
        ) from error
    if not isinstance(vector, Tensor) or not vector.is_floating_point():
        raise HearsightError(f"{file} does not hold a tensor of floats; store the clip's vector alone")
    if vector.numel() == 0 or vector.shape not in [(vector.numel(),), (1, vector.numel())]:
        raise HearsightError(f"{file} has the shape {tuple(vector.shape)}; store one vector, (W,) or (1, W)")
    if not vector.isfinite().all():
        raise HearsightError(f"{file} holds numbers that are not finite; make it again")
    return vector.detach().flatten().float()


def _check_missing(files: dict[str, list[Path]], clips: ClipSet) -> None:
    """A clip may lack a file only where it has nothing to see, or to hear, as training itself finds."""
    for part, column in files.items():
        lacking = [place for place, file in enumerate(column) if not file.is_file()]
        # Where all lack files, a look at the first clips tells a wrong folder from data that are silent throughout.
        if len(lacking) < len(column) or not _present(clips, lacking[:BLOCK], part):
            lacking = _present(clips, lacking, part)
        if lacking:
            names = ", ".join(column[place].name for place in lacking[:NAMED]) + ", ..." * (len(lacking) > NAMED)
            raise HearsightError(
                f"{column[0].parent} lacks {len(lacking)} of {len(column)} clips ({names}); add them with "
                "`hearsight data teach`, or give the folder of these clips"
            )


def _present(clips: ClipSet, places: Sequence[int], part: str) -> list[int]:
    """Those of these clips that have pictures, or sound."""
    present = []
    for start in range(0, len(places), BLOCK):
        some = places[start : start + BLOCK]
        found = clips.batch(some)
        has = found.frame_mask.bool().any(dim=1) if part == VIDEO else found.has_audio
        present += [place for place, is_there in zip(some, has.tolist(), strict=True) if is_there]
    return present


def _check_widths(vectors: dict[Path, Tensor]) -> None:
    first, expected = next((file, len(vector)) for file, vector in vectors.items())
    for file, vector in vectors.items():
        if len(vector) != expected:
            raise HearsightError(
                f"{file} has {len(vector)} numbers, {first} has {expected}; they are of two teachers, make one anew"
            )
