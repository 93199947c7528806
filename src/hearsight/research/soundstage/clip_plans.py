"""Chooses the clips of a split: families of clips, each from a generator of its own, seeded by (seed, split, family).

Training and the demo draw families one after the other. Validation and test have exact numbers of families, in which
every picture can be told from every other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count, islice, product

import numpy as np
from numpy.random import Generator

from hearsight.research.soundstage.facts import facts_of_senses, scene_facts
from hearsight.research.soundstage.query_groups import COMBINED_FAMILY_SIZE, Difference, QueryGroup, family_sizes
from hearsight.research.soundstage.scenes import (
    SPARE_SECONDS,
    Scene,
    Speech,
    fitting_sounds,
    sample_distraction,
    sample_sight,
    sample_sound,
    sample_speech,
)
from hearsight.research.soundstage.splits import SPLITS, SplitName

QUERY_SPLITS: tuple[SplitName, ...] = ("validation", "test")  # each clip has one query; in other splits, captions

# How often training draws each family: about two thirds of its clips have others that look the same.
FAMILY_PROBABILITIES: dict[QueryGroup, float] = {"sight": 0.6, "sound": 0.17, "speech": 0.13, "sound+speech": 0.1}
TRIPLET_SHARE = 0.2
TWO_ICONS_SHARE = 0.5
SOUND_SHARE = 0.7
SPEECH_SHARE = 0.6
DISTRACTION_SHARE = 0.5
EVENT_SECONDS = 3.0  # that a sound event has to itself when there is speech too, under which it cannot be heard


@dataclass(frozen=True)
class Family:
    """Clips with the very same picture that differ only in their sound event, in what is said, or in both."""

    name: str
    difference: Difference


@dataclass(frozen=True)
class PlannedClip:
    """One clip to be rendered. `family` is None for a clip that looks like no other."""

    id: str
    split: SplitName
    scene: Scene
    family: Family | None = None


def plan_clips(split: SplitName, number: int, seed: int) -> list[PlannedClip]:
    """Plan the clips of a split.

    In splits with captions, a clip does not depend on the number of clips. In splits with queries it does.
    """
    families = exact_families(split, number, seed) if split in QUERY_SPLITS else random_families(split, seed)
    return list(islice(number_clips(split, families), number))


def number_clips(split: SplitName, families: Iterator[tuple[QueryGroup, list[Scene]]]) -> Iterator[PlannedClip]:
    numbers = count()
    for index, (group, scenes) in enumerate(families):
        family = None if group == "sight" else Family(f"{split}-group-{index:05}", group)
        for scene in scenes:
            yield PlannedClip(f"{split}-{next(numbers):05}", split, scene, family)


def random_families(split: SplitName, seed: int) -> Iterator[tuple[QueryGroup, list[Scene]]]:
    """Draw families without end. The demo takes groups in turn, so that a few clips contain something of everything."""
    for index in count():
        rng = np.random.default_rng([seed, SPLITS.index(split), index])
        if split == "demo":
            turns: tuple[QueryGroup, ...] = ("sight", "sight", "sound", "speech")
            group, size = turns[index % 4], 2
        else:
            group = tuple(FAMILY_PROBABILITIES)[
                rng.choice(len(FAMILY_PROBABILITIES), p=list(FAMILY_PROBABILITIES.values()))
            ]
            size = 3 if rng.random() < TRIPLET_SHARE else 2
        yield group, sample_family(rng, split, group, size)


def exact_families(split: SplitName, number: int, seed: int) -> Iterator[tuple[QueryGroup, list[Scene]]]:
    """Draw families in exact numbers, in random order.

    No picture has all the facts of another one, so that all its facts together always point to one family.
    """
    families = family_sizes(number)
    pictures: list[frozenset[str]] = []
    order = np.random.default_rng([seed, SPLITS.index(split)]).permutation(len(families))
    for index, family in enumerate(order):
        rng = np.random.default_rng([seed, SPLITS.index(split), index])
        while True:
            scenes = sample_family(rng, split, *families[family])
            picture = facts_of_senses(scene_facts(scenes[0]), "sight")
            if not any(picture <= earlier or earlier <= picture for earlier in pictures):
                break
        pictures.append(picture)
        yield families[family][0], scenes


def sample_family(rng: Generator, split: SplitName, group: QueryGroup, size: int) -> list[Scene]:
    """Sample a single scene, or `size` scenes that look the same; four if both sound and speech differ."""
    if group != "sight":
        return sample_twins(rng, split, group, size)
    return [sample_scene(rng, split, sound=1, speech=1) if split == "demo" else sample_scene(rng, split)]


def sample_scene(
    rng: Generator, split: SplitName = "train", sound: float = SOUND_SHARE, speech: float = SPEECH_SHARE
) -> Scene:
    """Sample a scene that has a sound event and speech with these probabilities."""
    icons = 2 if rng.random() < TWO_ICONS_SHARE else 1
    has_event = rng.random() < sound
    while True:
        scene = sample_sight(rng, split, icons)
        sounds = fitting_sounds(scene, split)
        if sounds or not has_event:
            break
    event = sample_sound(rng, sounds) if has_event else None
    spoken = None
    if rng.random() < speech:
        if event:
            scene = replace(scene, duration=round(rng.uniform(6.6, 8), 1))
        spoken = sample_speech(rng, scene.duration, split, EVENT_SECONDS if event else SPARE_SECONDS)
    distraction = sample_distraction(rng) if rng.random() < DISTRACTION_SHARE else None
    return replace(scene, sound=event, distraction=distraction, speech=spoken)


def sample_twins(rng: Generator, split: SplitName, difference: Difference, number: int) -> list[Scene]:
    """Sample scenes that look the same and differ only in their sound event, in what is said, or (four) in both."""
    if difference == "sound+speech":
        number = COMBINED_FAMILY_SIZE // 2
    while True:
        first = sample_scene(
            rng, split, sound=1 if "sound" in difference else 0.5, speech=1 if "speech" in difference else 0.4
        )
        names = fitting_sounds(first, split)
        if "sound" not in difference or len(names) >= number:
            break
    sounds, speeches = [first.sound], [first.speech]
    if first.sound and "sound" in difference:
        sounds = [replace(first.sound, name=name) for name in rng.choice(names, number, replace=False).tolist()]
    if first.speech and "speech" in difference:
        speeches = [*sample_speeches(rng, split, first, number)]
    return [replace(first, sound=sound, speech=speech) for sound, speech in product(sounds, speeches)]


def sample_speeches(rng: Generator, split: SplitName, scene: Scene, number: int) -> list[Speech]:
    """Return what the scene's voice says, and alternatives that share no person, action or object with each other."""
    assert scene.speech, "a scene in which someone speaks"
    speeches = [scene.speech]
    while len(speeches) < number:
        speech = sample_speech(rng, scene.duration, split, EVENT_SECONDS if scene.sound else SPARE_SECONDS)
        new = speech.sentence
        earlier = [each.sentence for each in speeches]
        if all(new.person != e.person and new.action != e.action and new.object != e.object for e in earlier):
            speeches.append(replace(speech, voice=scene.speech.voice, fade=scene.speech.fade))
    return speeches
