"""What a method is shown: batches of clips, each with one of its captions.

All that is drawn depends on the seed and the number of the batch alone, so that a run can go on anywhere, and several
processes agree without a word.
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
from hearsight.research.datasets.split import Example
from hearsight.research.training.recipe import MethodRecipe
from hearsight.types import ClipFeatures

SIGHT = "sight"
INVISIBLE = ("sound", "speech", "sound+speech")  # kinds of captions that tell nothing of what is seen
MIXED = (SIGHT, "sound", "speech")  # kinds that tell one thing only
AHEAD = 2  # batches read while one is computed


@dataclass(frozen=True)
class Batch:
    """B clips by their places in a data set: the pictures of `seen` with the sound of `heard` and the words of `said`,
    and a text that tells of them. hidden: clips whose pictures are not shown.
    """

    seen: list[int]
    heard: list[int]
    said: list[int]
    hidden: list[bool]
    texts: list[str]

    def part(self, number: int, parts: int) -> Batch:
        """One of equal parts."""
        size = len(self.seen) // parts
        return Batch(*(column[number * size : (number + 1) * size] for column in vars(self).values()))


def check_captions(examples: Sequence[Example], recipe: MethodRecipe) -> None:
    """Raises HearsightError for clips that nothing describes, or too vaguely for the recipe."""
    silent = next((example.id for example in examples if not example.captions), None)
    if silent:
        raise HearsightError(f"the clip {silent} has no caption to train with; give it one, or leave the clip out")
    for example in examples if recipe.mixed else ():
        if not any(kind == SIGHT for kind, _ in example.captions):
            raise HearsightError(
                f"the clip {example.id} has no caption of the kind {SIGHT}, as mixed needs; set that to 0"
            )
    if recipe.audio_only and not any(kind in INVISIBLE for example in examples for kind, _ in example.captions):
        raise HearsightError(
            f"no clip has a caption of the kinds {', '.join(INVISIBLE)}, as audio_only needs; set that to 0"
        )


def make_batches(examples: Sequence[Example], recipe: MethodRecipe, epoch: int) -> list[Batch]:
    """The batches of an epoch, all of the same size; a few clips, others every time, may be left out."""
    rng = np.random.default_rng([recipe.seed, epoch])
    if recipe.every_caption:
        return _every_caption(examples, recipe, rng)
    order = shuffled(examples, rng)
    count = len(order) // recipe.batch
    chosen = np.array(order[: count * recipe.batch]).reshape(count, recipe.batch).tolist()
    return [_batch(examples, places, recipe, rng) for places in chosen]


def updates(examples: Sequence[Example], recipe: MethodRecipe) -> int:
    """How many batches an epoch has."""
    shown = sum(len(example.captions) for example in examples) if recipe.every_caption else len(examples)
    return shown // recipe.batch


def _every_caption(examples: Sequence[Example], recipe: MethodRecipe, rng: Generator) -> list[Batch]:
    """All pairs of a clip and one of its captions, shuffled, as published: a clip may be in a batch twice."""
    pairs = [(place, text) for place, example in enumerate(examples) for _, text in example.captions]
    order = rng.permutation(len(pairs))
    batches = []
    for start in range(0, len(pairs) // recipe.batch * recipe.batch, recipe.batch):
        places, texts = zip(*(pairs[pair] for pair in order[start : start + recipe.batch]), strict=True)
        batches.append(Batch([*places], [*places], [*places], [False] * recipe.batch, [*texts]))
    return batches


def shuffled(examples: Sequence[Example], rng: Generator) -> list[int]:
    """Places of all clips; twins stay side by side, so that what tells them apart is asked for in one batch."""
    groups: dict[str, list[int]] = {}
    for place, example in enumerate(examples):
        groups.setdefault(example.group, []).append(place)
    members = list(groups.values())
    return [place for group in rng.permutation(len(members)) for place in members[group]]


def _batch(examples: Sequence[Example], places: Sequence[int], recipe: MethodRecipe, rng: Generator) -> Batch:
    batch = Batch(list(places), list(places), list(places), [False] * len(places), [])
    for row, place in enumerate(places):
        captions = examples[place].captions
        invisible = [caption for caption in captions if caption[0] in INVISIBLE]
        if rng.random() < recipe.mixed:
            batch.heard[row], batch.said[row] = rng.integers(len(examples), size=2).tolist()
            batch.texts.append(
                _joined([examples[source] for source in (place, batch.heard[row], batch.said[row])], rng)
            )
            continue
        if invisible and rng.random() < recipe.audio_only:
            batch.hidden[row] = True
            captions = tuple(invisible)
        batch.texts.append(captions[rng.integers(len(captions))][1])
    return batch


def _joined(sources: Sequence[Example], rng: Generator) -> str:
    """What is seen in the first, heard in the second and said in the third: captions of one, two or all of these."""
    parts = []
    for example, kind in zip(sources, MIXED, strict=True):
        fitting = [text for told, text in example.captions if told == kind]
        if fitting:
            parts.append(fitting[rng.integers(len(fitting))])
    kept = rng.permutation(len(parts))[: rng.integers(1, len(parts) + 1)]
    return " and ".join(parts[place] for place in kept)


def read(clips: ClipSet, batch: Batch) -> ClipInputs | ClipFeatures:
    """The clips of a batch."""
    found = clips.batch(batch.seen, batch.heard, batch.said)
    found.frame_mask[batch.hidden] = False
    return found


def read_ahead(
    clips: ClipSet, batches: Iterable[Batch], process: int = 0, processes: int = 1
) -> Iterator[tuple[Batch, list[str], ClipInputs | ClipFeatures]]:
    """Each batch, with the texts and the clips of the part that is a process's own, read while others are computed."""
    waiting: deque[tuple[Batch, list[str], Future[ClipInputs | ClipFeatures]]] = deque()
    with ThreadPoolExecutor(1, thread_name_prefix="batches") as reader:
        for batch in batches:
            own = batch.part(process, processes)
            waiting.append((batch, own.texts, reader.submit(read, clips, own)))
            if len(waiting) > AHEAD:
                first, texts, found = waiting.popleft()
                yield first, texts, found.result()
        for first, texts, found in waiting:
            yield first, texts, found.result()
