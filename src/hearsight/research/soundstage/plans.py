"""Which clips a split consists of: families of clips, each from its own generator of (seed, split, family).

Training and the demonstration draw families one after the other. Validation and test are sets of an exact make-up, in
which every picture can be told from every other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count as natural
from itertools import islice, product

import numpy as np
from numpy.random import Generator

from hearsight.research.soundstage.facts import facts, of_senses
from hearsight.research.soundstage.groups import FOUR, Differs, Group, families
from hearsight.research.soundstage.scenes import (
    SPARE,
    Scene,
    Speech,
    fitting_sounds,
    sample_distraction,
    sample_sight,
    sample_sound,
    sample_speech,
)
from hearsight.research.soundstage.splits import SPLITS, Split

EXAMINED: tuple[Split, ...] = ("validation", "test")  # each clip has one query here, and elsewhere captions

# How often training draws each family: about two thirds of its clips have others that look the same.
DRAWN: dict[Group, float] = {"sight": 0.6, "sound": 0.17, "speech": 0.13, "sound+speech": 0.1}
TRIPLET_SHARE = 0.2
TWO_ICONS_SHARE = 0.5
SOUND_SHARE = 0.7
SPEECH_SHARE = 0.6
DISTRACTION_SHARE = 0.5
HEARD = 3.0  # seconds that a sound event has to itself where there is speech too, under which it cannot be heard


@dataclass(frozen=True)
class Twin:
    """Clips of the same group have the very same picture and differ only in this."""

    group: str
    differs: Differs


@dataclass(frozen=True)
class Plan:
    """One clip to be rendered."""

    id: str
    split: Split
    scene: Scene
    twin: Twin | None = None


def plan(split: Split, count: int, seed: int) -> list[Plan]:
    """The clips of a split. Where clips have captions, a clip does not depend on how many there are; where they have
    queries, it does.
    """
    drawn = examined(split, count, seed) if split in EXAMINED else unending(split, seed)
    return list(islice(numbered(split, drawn), count))


def numbered(split: Split, drawn: Iterator[tuple[Group, list[Scene]]]) -> Iterator[Plan]:
    number = natural()
    for family, (group, scenes) in enumerate(drawn):
        twin = None if group == "sight" else Twin(f"{split}-group-{family:05}", group)
        for scene in scenes:
            yield Plan(f"{split}-{next(number):05}", split, scene, twin)


def unending(split: Split, seed: int) -> Iterator[tuple[Group, list[Scene]]]:
    """Families by chance. The demonstration goes round by turns, so that a few clips have something of everything."""
    for number in natural():
        rng = np.random.default_rng([seed, SPLITS.index(split), number])
        if split == "demo":
            turns: tuple[Group, ...] = ("sight", "sight", "sound", "speech")
            group, size = turns[number % 4], 2
        else:
            group = tuple(DRAWN)[rng.choice(len(DRAWN), p=list(DRAWN.values()))]
            size = 3 if rng.random() < TRIPLET_SHARE else 2
        yield group, sample_family(rng, split, group, size)


def examined(split: Split, count: int, seed: int) -> Iterator[tuple[Group, list[Scene]]]:
    """Families in exact numbers. No two show pictures of which one has all that can be told of the other, so that
    everything told together always points to one of them.
    """
    wanted = families(count)
    seen: list[frozenset[str]] = []
    for number, place in enumerate(np.random.default_rng([seed, SPLITS.index(split)]).permutation(len(wanted))):
        rng = np.random.default_rng([seed, SPLITS.index(split), number])
        while True:
            scenes = sample_family(rng, split, *wanted[place])
            picture = of_senses(facts(scenes[0]), "sight")
            if not any(picture <= other or other <= picture for other in seen):
                break
        seen.append(picture)
        yield wanted[place][0], scenes


def sample_family(rng: Generator, split: Split, group: Group, size: int) -> list[Scene]:
    """A single scene, or size scenes that look the same; four where both sound and speech differ."""
    if group != "sight":
        return sample_twins(rng, split, group, size)
    always = split == "demo"
    return [sample_scene(rng, split, sound=1, speech=1) if always else sample_scene(rng, split)]


def sample_scene(
    rng: Generator, split: Split = "train", sound: float = SOUND_SHARE, speech: float = SPEECH_SHARE
) -> Scene:
    """A scene that has a sound event and speech with these probabilities."""
    icons = 2 if rng.random() < TWO_ICONS_SHARE else 1
    sounding = rng.random() < sound
    while True:
        scene = sample_sight(rng, split, icons)
        fitting = fitting_sounds(scene, split)
        if fitting or not sounding:
            break
    event = sample_sound(rng, fitting) if sounding else None
    said = None
    if rng.random() < speech:
        if event:
            scene = replace(scene, duration=round(rng.uniform(6.6, 8), 1))
        said = sample_speech(rng, scene.duration, split, HEARD if event else SPARE)
    distraction = sample_distraction(rng) if rng.random() < DISTRACTION_SHARE else None
    return replace(scene, sound=event, distraction=distraction, speech=said)


def sample_twins(rng: Generator, split: Split, differs: Differs, number: int) -> list[Scene]:
    """Scenes that look the same and differ only in their sound event, only in what is said, or (four) in both."""
    if differs == "sound+speech":
        number = FOUR // 2
    while True:
        first = sample_scene(
            rng, split, sound=1 if "sound" in differs else 0.5, speech=1 if "speech" in differs else 0.4
        )
        fitting = fitting_sounds(first, split)
        if "sound" not in differs or len(fitting) >= number:
            break
    sounds, said = [first.sound], [first.speech]
    if first.sound and "sound" in differs:
        sounds = [replace(first.sound, name=name) for name in rng.choice(fitting, number, replace=False).tolist()]
    if first.speech and "speech" in differs:
        said = [*sample_sayings(rng, split, first, number)]
    return [replace(first, sound=sound, speech=speech) for sound, speech in product(sounds, said)]


def sample_sayings(rng: Generator, split: Split, scene: Scene, number: int) -> list[Speech]:
    """What the scene's voice says, and might say instead: others' doings to other things, each a different one."""
    assert scene.speech, "a scene in which someone speaks"
    said = [scene.speech]
    while len(said) < number:
        speech = sample_speech(rng, scene.duration, split, HEARD if scene.sound else SPARE)
        new = speech.sentence
        old = [other.sentence for other in said]
        if all(new.person != o.person and new.action != o.action and new.object != o.object for o in old):
            said.append(replace(speech, voice=scene.speech.voice, fade=scene.speech.fade))
    return said
