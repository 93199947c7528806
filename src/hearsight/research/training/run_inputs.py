"""What a run is made from: the splits of its data, its towers and its teacher, with checks that need no clip."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from hearsight.errors import HearsightError
from hearsight.models.audio_visual import AudioVisualModel
from hearsight.models.registry import class_of
from hearsight.research.datasets.check import check
from hearsight.research.datasets.checked_folder import checked_folder, is_checked
from hearsight.research.datasets.split import Split
from hearsight.research.training.batches import check_captions, updates_per_epoch
from hearsight.research.training.recipe import MethodRecipe
from hearsight.research.training.stored_teacher import check_folder
from hearsight.research.training.teacher_vectors import Teacher
from hearsight.util.progress import Progress

TOWERS = "towers"  # as the teacher: the frozen towers themselves


@dataclass(frozen=True)
class Splits:
    """The splits that a run reads. validation: None if the data have no such split."""

    train: Split
    validation: Split | None

    @property
    def folder(self) -> Path:
        return self.train.folder.parent

    def __iter__(self) -> Iterator[Split]:
        yield self.train
        if self.validation:
            yield self.validation


def check_dataset(recipe: MethodRecipe, progress: Progress | None = None) -> list[str]:
    """Check the recipe's public data set, if it names one, and return a sentence for each split that lost clips.

    A folder that `hearsight data check` made, given as the recipe's data, is used as it is.
    """
    if not recipe.dataset or is_checked(recipe.dataset, Path(recipe.data)):
        return []
    findings = check(recipe.dataset, Path(recipe.data), progress=progress)
    return [sentence for split in ("train", "validation") if (sentence := findings.left_out(split))]


def open_splits(recipe: MethodRecipe) -> Splits:
    """Return the splits that the recipe names. Raises HearsightError for a data set that was not checked."""
    folder = checked_folder(recipe.dataset, Path(recipe.data)) if recipe.dataset else Path(recipe.data)
    validation = Split(folder / "validation")
    return Splits(Split(folder / "train"), validation if validation.exists() else None)


def recogniser_of(recipe: MethodRecipe) -> str:
    """Return the recogniser whose transcripts the method reads: none for a method that does not read speech."""
    return recipe.recogniser if "speech" in class_of(recipe.method).branches else "none"


def needs_teacher(recipe: MethodRecipe) -> bool:
    """Return whether soft-ALBEF is a part of the loss."""
    return class_of(recipe.method).soft_albef and recipe.soft_albef > 0


def check_inputs(recipe: MethodRecipe, splits: Splits, processes: int) -> None:
    """Check all that can be checked before a clip is read, so that no run is begun that cannot continue.

    Raises HearsightError for too few clips, captions that the recipe cannot use, an unfit teacher, and a batch that the
    processes cannot share evenly.
    """
    clips = splits.train.clips
    if not updates_per_epoch(clips, recipe):
        captions = sum(len(clip.captions) for clip in clips)
        size = f"{captions} captions" if recipe.every_caption else f"{len(clips)} clips"
        raise HearsightError(
            f"{splits.folder} has {size} to train on, too few for a batch of {recipe.batch}; set batch to less"
        )
    check_captions(clips, recipe)
    if splits.validation and not any(clip.captions for clip in splits.validation.clips):
        raise HearsightError(
            f"{splits.validation.folder} has no captions to choose an epoch by; add captions, or remove its manifest"
        )
    if needs_teacher(recipe) and recipe.teacher != TOWERS:
        check_folder(Path(recipe.teacher))
    if needs_teacher(recipe) and recipe.teacher == TOWERS and recipe.audio:
        raise HearsightError(
            f"{recipe.towers} and {recipe.audio} were not trained to match sounds with pictures, so they cannot be the "
            "teacher; set teacher to a folder made by `hearsight data teach`, or soft_albef to 0"
        )
    parts = recipe.accumulation * processes
    if recipe.batch % parts:
        raise HearsightError(
            f"a batch of {recipe.batch} cannot be shared by {processes} processes in {recipe.accumulation} steps of "
            f"accumulation; set batch to a multiple of {parts}"
        )


def input_hashes(
    recipe: MethodRecipe, splits: Splits, towers: AudioVisualModel, teacher: Teacher | None = None
) -> dict[str, str]:
    """Return hashes of what a run is made from besides its recipe. teacher: None if the towers are the teacher."""
    recogniser = recogniser_of(recipe)
    texts = [[transcript.text for transcript in split.transcripts(recogniser).values()] for split in splits]
    return {
        "towers": towers.fingerprint,
        **{split.name: split.digest for split in splits},
        "transcripts": sha256(json.dumps(texts).encode()).hexdigest(),
        **({"teacher": teacher.fingerprint} if teacher else {}),
    }
