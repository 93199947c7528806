"""The batches of a training run: clips, each with one of its captions.

Everything random depends only on the seed and on the number of the batch. So a run can continue anywhere, and several
processes draw the same batches without communication.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from hearsight.errors import HearsightError
from hearsight.models.preprocess import ClipInputs
from hearsight.research.datasets.clip_set import ClipSet
from hearsight.research.datasets.manifest import Example
from hearsight.research.training.recipe import MethodRecipe
from hearsight.types import ClipFeatures

SIGHT = "sight"
INVISIBLE = ("sound", "speech", "sound+speech")  # kinds of captions that describe nothing visible
SINGLE = (SIGHT, "sound", "speech")  # kinds of captions that describe one modality
PREFETCHED = 2  # batches that are read while one is computed


@dataclass(frozen=True)
class Batch:
    """B clips by their indices in a data set, with a text for each.

    Row i has the pictures of clip seen[i], the sound of heard[i] and the words of said[i]; texts[i] describes them.
    hidden[i]: whether the pictures are left out.
    """

    seen: list[int]
    heard: list[int]
    said: list[int]
    hidden: list[bool]
    texts: list[str]

    def part(self, index: int, parts: int) -> Batch:
        """Return one of equal parts."""
        size = len(self.seen) // parts
        return Batch(*(column[index * size : (index + 1) * size] for column in vars(self).values()))


def check_captions(clips: Sequence[Example], recipe: MethodRecipe) -> None:
    """Raise HearsightError for a clip without a caption, or without one of a kind that the recipe needs."""
    without = next((clip.id for clip in clips if not clip.captions), None)
    if without:
        raise HearsightError(f"the clip {without} has no caption to train with; give it one, or leave the clip out")
    for clip in clips if recipe.mixed else ():
        if not any(kind == SIGHT for kind, _ in clip.captions):
            raise HearsightError(
                f"the clip {clip.id} has no caption of the kind {SIGHT}, which mixed needs; set mixed to 0"
            )
    if recipe.audio_only and not any(kind in INVISIBLE for clip in clips for kind, _ in clip.captions):
        raise HearsightError(
            f"no clip has a caption of the kinds {', '.join(INVISIBLE)}, which audio_only needs; set audio_only to 0"
        )


def make_batches(clips: Sequence[Example], recipe: MethodRecipe, epoch: int) -> list[Batch]:
    """Return the batches of an epoch, all of the same size; a few clips, different each epoch, may be left out."""
    rng = np.random.default_rng([recipe.seed, epoch])
    if recipe.every_caption:
        return _every_caption(clips, recipe, rng)
    order = shuffle(clips, rng)
    count = len(order) // recipe.batch
    batches = np.array(order[: count * recipe.batch]).reshape(count, recipe.batch).tolist()
    return [_draw_captions(clips, indices, recipe, rng) for indices in batches]


def updates_per_epoch(clips: Sequence[Example], recipe: MethodRecipe) -> int:
    """Return the number of batches in an epoch."""
    rows = sum(len(clip.captions) for clip in clips) if recipe.every_caption else len(clips)
    return rows // recipe.batch


def _every_caption(clips: Sequence[Example], recipe: MethodRecipe, rng: Generator) -> list[Batch]:
    """Return all pairs of a clip and one of its captions, shuffled, as published: a batch may have a clip twice."""
    pairs = [(index, text) for index, clip in enumerate(clips) for _, text in clip.captions]
    order = rng.permutation(len(pairs))
    batches = []
    for start in range(0, len(pairs) // recipe.batch * recipe.batch, recipe.batch):
        indices, texts = zip(*(pairs[pair] for pair in order[start : start + recipe.batch]), strict=True)
        batches.append(Batch([*indices], [*indices], [*indices], [False] * recipe.batch, [*texts]))
    return batches


def shuffle(clips: Sequence[Example], rng: Generator) -> list[int]:
    """Return the indices of all clips in random order, with the twins of a group next to each other.

    Twins in one batch are each other's negatives, so the model must learn what distinguishes them.
    """
    groups: dict[str, list[int]] = {}
    for index, clip in enumerate(clips):
        groups.setdefault(clip.group, []).append(index)
    members = list(groups.values())
    return [index for group in rng.permutation(len(members)) for index in members[group]]


def _draw_captions(clips: Sequence[Example], indices: Sequence[int], recipe: MethodRecipe, rng: Generator) -> Batch:
    batch = Batch(list(indices), list(indices), list(indices), [False] * len(indices), [])
    for row, index in enumerate(indices):
        captions = clips[index].captions
        invisible = [caption for caption in captions if caption[0] in INVISIBLE]
        if rng.random() < recipe.mixed:
            batch.heard[row], batch.said[row] = rng.integers(len(clips), size=2).tolist()
            sources = [clips[source] for source in (index, batch.heard[row], batch.said[row])]
            batch.texts.append(_join_captions(sources, rng))
            continue
        if invisible and rng.random() < recipe.audio_only:
            batch.hidden[row] = True
            captions = tuple(invisible)
        batch.texts.append(captions[rng.integers(len(captions))][1])
    return batch


def _join_captions(sources: Sequence[Example], rng: Generator) -> str:
    """Return a text of one to three captions: of the first clip's pictures, the second's sound, the third's words."""
    captions = []
    for clip, kind in zip(sources, SINGLE, strict=True):
        texts = [text for each, text in clip.captions if each == kind]
        if texts:
            captions.append(texts[rng.integers(len(texts))])
    drawn = rng.permutation(len(captions))[: rng.integers(1, len(captions) + 1)]
    return " and ".join(captions[index] for index in drawn)


def read_batch(clips: ClipSet, batch: Batch) -> ClipInputs | ClipFeatures:
    """Read the clips of a batch, without the pictures of those that are hidden."""
    inputs = clips.batch(batch.seen, batch.heard, batch.said)
    inputs.frame_mask[batch.hidden] = False
    return inputs


def prefetch(
    clips: ClipSet, batches: Iterable[Batch], process: int = 0, processes: int = 1
) -> Iterator[tuple[Batch, list[str], ClipInputs | ClipFeatures]]:
    """Yield each batch with the texts and clips of one process's part, reading in a thread while others compute."""
    queue: deque[tuple[Batch, list[str], Future[ClipInputs | ClipFeatures]]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="batches") as reader:
        for batch in batches:
            part = batch.part(process, processes)
            queue.append((batch, part.texts, reader.submit(read_batch, clips, part)))
            if len(queue) > PREFETCHED:
                first, texts, future = queue.popleft()
                yield first, texts, future.result()
        for first, texts, future in queue:
            yield first, texts, future.result()
