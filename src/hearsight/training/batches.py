"""What a head is shown: batches of stored clips, each with one of its captions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from hearsight.datasets.features import FeatureSet
from hearsight.datasets.manifest import Example
from hearsight.training.recipe import HeadRecipe
from hearsight.types import ClipFeatures

SIGHT = "sight"  # kinds of captions that tell what is seen have this in their name, or are "all"


@dataclass(frozen=True)
class Batch:
    """B clips with a caption each. seen, heard: the examples that their pictures and their sounds are of."""

    features: ClipFeatures
    texts: list[str]
    seen: list[int]
    heard: list[int]


def batches(examples: Sequence[Example], size: int, rng: Generator) -> list[list[int]]:
    """Every clip once, in batches; twins side by side, so that what tells them apart is asked for."""
    groups: dict[str, list[int]] = {}
    for place, example in enumerate(examples):
        groups.setdefault(example.group, []).append(place)
    members = list(groups.values())
    order = [place for group in rng.permutation(len(members)) for place in members[group]]
    whole = max(1, len(order) // size)  # a last batch of a few would be an easy one
    return [list(map(int, part)) for part in np.array_split(order, whole)]


def make_batch(clips: FeatureSet, chosen: Sequence[int], recipe: HeadRecipe, rng: Generator) -> Batch:
    """Some clips with a caption each; some of them mixed, some without their pictures, as the recipe says."""
    heard, said, unseen, texts = list(chosen), list(chosen), [], []
    for row, place in enumerate(chosen):
        captions = clips.examples[place].captions
        invisible = [caption for caption in captions if SIGHT not in caption[0] and caption[0] != "all"]
        if rng.random() < recipe.mixed:
            heard[row], said[row] = rng.integers(len(clips), size=2).tolist()
            texts.append(_joined([clips.examples[source] for source in (place, heard[row], said[row])], rng))
            continue
        if invisible and rng.random() < recipe.audio_only:
            unseen.append(row)
            captions = tuple(invisible)
        texts.append(captions[rng.integers(len(captions))][1])
    features = clips.batch(chosen, heard, said)
    features.frame_mask[unseen] = False
    return Batch(features, texts, list(chosen), heard)


def _joined(sources: Sequence[Example], rng: Generator) -> str:
    """What is seen in the first, heard in the second and said in the third: captions of one, two or all of these."""
    parts = []
    for example, kind in zip(sources, (SIGHT, "sound", "speech"), strict=True):
        fitting = [text for told, text in example.captions if told == kind]
        if fitting:
            parts.append(fitting[rng.integers(len(fitting))])
    kept = rng.permutation(len(parts))[: rng.integers(1, len(parts) + 1)]
    return " and ".join(parts[place] for place in kept)
