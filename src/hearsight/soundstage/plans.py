"""Which clips a split consists of: single scenes and twins, each from its own generator of (seed, split, group)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count as natural
from itertools import islice
from typing import Literal

import numpy as np
from numpy.random import Generator

from hearsight.soundstage.scenes import (
    SPARE,
    Scene,
    fitting_sounds,
    sample_distraction,
    sample_sight,
    sample_sound,
    sample_speech,
)
from hearsight.soundstage.splits import SPLITS, Split

Differs = Literal["sound", "speech"]

TWIN_SHARE = 0.4  # of the groups, which makes it about 60 % of the clips
TRIPLET_SHARE = 0.2
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
    """The first count clips of a split; a clip does not depend on how many there are."""
    return list(islice(clips(split, seed), count))


def clips(split: Split, seed: int) -> Iterator[Plan]:
    number = natural()
    for group in natural():
        rng = np.random.default_rng([seed, SPLITS.index(split), group])
        differs, scenes = sample_group(rng, split, group)
        twin = Twin(f"{split}-group-{group:05}", differs) if differs else None
        for scene in scenes:
            yield Plan(f"{split}-{next(number):05}", split, scene, twin)


def sample_group(rng: Generator, split: Split, group: int) -> tuple[Differs | None, list[Scene]]:
    """A single scene, or twins and what tells them apart.

    The demonstration goes round by turns, so that a few clips have something of everything.
    """
    differs: Differs | None
    if split == "demo":
        differs, number = (None, None, "sound", "speech")[group % 4], 2
    elif rng.random() < TWIN_SHARE:
        differs = "sound" if rng.random() < 0.5 else "speech"
        number = 3 if rng.random() < TRIPLET_SHARE else 2
    else:
        differs = None
    if differs == "sound":
        return differs, twins_in_sound(rng, split, number)
    if differs == "speech":
        return differs, twins_in_speech(rng, split, number)
    return None, [sample_scene(rng, split, sound=1, speech=1) if split == "demo" else sample_scene(rng, split)]


def sample_scene(
    rng: Generator, split: Split = "train", sound: float = SOUND_SHARE, speech: float = SPEECH_SHARE
) -> Scene:
    """A scene that has a sound event and speech with these probabilities."""
    while True:
        scene = sample_sight(rng, split)
        fitting = fitting_sounds(scene, split)
        if fitting:
            break
    event = sample_sound(rng, fitting) if rng.random() < sound else None
    said = None
    if rng.random() < speech:
        if event:
            scene = replace(scene, duration=round(rng.uniform(6.6, 8), 1))
        said = sample_speech(rng, scene.duration, split, HEARD if event else SPARE)
    distraction = sample_distraction(rng) if rng.random() < DISTRACTION_SHARE else None
    return replace(scene, sound=event, distraction=distraction, speech=said)


def twins_in_sound(rng: Generator, split: Split, number: int) -> list[Scene]:
    """Scenes that differ only in their sound event."""
    while True:
        first = sample_scene(rng, split, sound=1, speech=0.4)
        fitting = fitting_sounds(first, split)
        if first.sound and len(fitting) >= number:
            names = rng.choice(fitting, number, replace=False).tolist()
            return [replace(first, sound=replace(first.sound, name=name)) for name in names]


def twins_in_speech(rng: Generator, split: Split, number: int) -> list[Scene]:
    """Scenes that differ only in what one voice says: in its person, its action and its object at least."""
    first = sample_scene(rng, split, sound=0.5, speech=1)
    assert first.speech, "asked for with certainty"
    said = [first.speech]
    while len(said) < number:
        speech = sample_speech(rng, first.duration, split, HEARD if first.sound else SPARE)
        new = speech.sentence
        old = [other.sentence for other in said]
        if all(new.person != o.person and new.action != o.action and new.object != o.object for o in old):
            said.append(replace(speech, voice=first.speech.voice))
    return [replace(first, speech=speech) for speech in said]
