"""Splits share no combination, and twins share everything but one thing."""

from dataclasses import replace
from itertools import groupby, product

import pytest

from hearsight.soundstage.backgrounds import BACKGROUNDS
from hearsight.soundstage.icons import NAMES
from hearsight.soundstage.plans import Plan, plan
from hearsight.soundstage.scenes import Scene
from hearsight.soundstage.sounds import EVENTS
from hearsight.soundstage.splits import SPLITS, Split, owner


def combinations(plans: list[Plan]) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for scene in (one.scene for one in plans):
        for icon in scene.icons:
            found.add((icon.name, scene.background))
            if scene.sound:
                found.add((icon.name, scene.sound.name))
        if scene.speech:
            found.add((scene.speech.sentence.text,))
    return found


def test_combinations_of_the_splits_are_disjoint() -> None:
    train, validation, test, demo = (combinations(plan(split, 300, seed=0)) for split in SPLITS)
    assert not train & validation
    assert not train & (test | demo)
    assert not validation & (test | demo)


def test_every_icon_background_and_sound_can_be_seen_in_training() -> None:
    for icon in NAMES:
        assert any(owner(icon, background) == "train" for background in BACKGROUNDS)
        assert any(owner(icon, sound) == "train" for sound in EVENTS)
    shares = [owner(*pair) == "test" for pair in product(NAMES, BACKGROUNDS)]
    assert 0.15 < sum(shares) / len(shares) < 0.25


@pytest.mark.parametrize("split", SPLITS)
def test_a_clip_does_not_depend_on_how_many_there_are(split: Split) -> None:
    assert plan(split, 40, seed=3)[:15] == plan(split, 15, seed=3)
    assert plan(split, 15, seed=4) != plan(split, 15, seed=3)


def test_twins_differ_only_in_what_they_say_they_do() -> None:
    plans = plan("train", 400, seed=0)
    twins = [one for one in plans if one.twin]
    assert 0.5 < len(twins) / len(plans) < 0.7
    for _, members in groupby(twins, key=lambda one: one.twin):
        group = list(members)
        assert group[0].twin
        same: Scene = replace(group[0].scene, **{group[0].twin.differs: None})
        for one in group:
            assert replace(one.scene, **{group[0].twin.differs: None}) == same
        differing = {
            one.scene.sound if group[0].twin.differs == "sound" else one.scene.speech and one.scene.speech.sentence
            for one in group
        }
        assert len(differing) == len(group)


def test_half_of_the_soundtracks_carry_a_distraction() -> None:
    plans = plan("test", 400, seed=0)
    assert 0.4 < sum(one.scene.distraction is not None for one in plans) / len(plans) < 0.6


def test_a_scene_survives_json() -> None:
    for one in plan("validation", 30, seed=0):
        assert Scene.from_json(one.scene.as_json()) == one.scene
