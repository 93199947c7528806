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
    if split == "demo":
        turn = group % 4
        if turn >= 2:
            differs: Differs = "sound" if turn == 2 else "speech"
            return differs, sample_twins(rng, split, differs, 2)
        return None, [sample_scene(rng, split, sound=1, speech=1)]
    if rng.random() >= TWIN_SHARE:
        return None, [sample_scene(rng, split)]
    differs = "sound" if rng.random() < 0.5 else "speech"
    return differs, sample_twins(rng, split, differs, 3 if rng.random() < TRIPLET_SHARE else 2)


def sample_scene(
    rng: Generator, split: Split = "train", sound: float = SOUND_SHARE, speech: float = SPEECH_SHARE
) -> Scene:
    """A scene that has a sound event and speech with these probabilities."""
    while True:
        scene = sample_sight(rng, split)
        fitting = fitting_sounds(scene, split)
        if fitting:
            break
    return replace(
        scene,
        sound=sample_sound(rng, fitting) if rng.random() < sound else None,
        distraction=sample_distraction(rng) if rng.random() < DISTRACTION_SHARE else None,
        speech=sample_speech(rng, scene.duration, split) if rng.random() < speech else None,
    )


def sample_twins(rng: Generator, split: Split, differs: Differs, number: int) -> list[Scene]:
    """Scenes with the same picture that differ only in their sound event, or only in what is said."""
    if differs == "sound":
        while True:
            first = sample_scene(rng, split, sound=1, speech=0.4)
            fitting = fitting_sounds(first, split)
            if len(fitting) >= number:
                break
        assert first.sound
        names = rng.choice(fitting, number, replace=False).tolist()
        return [replace(first, sound=replace(first.sound, name=name)) for name in names]
    first = sample_scene(rng, split, sound=0.5, speech=1)
    assert first.speech
    twins, told = [first], [first.speech.sentence]
    while len(twins) < number:
        speech = sample_speech(rng, first.duration, split)
        other = speech.sentence
        if all(other.person != s.person and other.action != s.action and other.object != s.object for s in told):
            twins.append(replace(first, speech=replace(speech, voice=first.speech.voice)))
            told.append(other)
    return twins
