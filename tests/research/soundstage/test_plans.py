"""Splits share no combination, and twins share everything but one thing."""

from dataclasses import replace
from itertools import groupby, product

import pytest

from hearsight.research.soundstage.backgrounds import BACKGROUNDS
from hearsight.research.soundstage.facts import Answers, facts, of_senses
from hearsight.research.soundstage.icons import NAMES
from hearsight.research.soundstage.plans import Plan, plan
from hearsight.research.soundstage.scenes import Scene
from hearsight.research.soundstage.sounds import EVENTS
from hearsight.research.soundstage.splits import SPLITS, Split, owner


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


@pytest.mark.parametrize("split", ["train", "demo"])
def test_a_clip_does_not_depend_on_how_many_there_are(split: Split) -> None:
    assert plan(split, 40, seed=3)[:15] == plan(split, 15, seed=3)
    assert plan(split, 15, seed=4) != plan(split, 15, seed=3)


@pytest.mark.parametrize("split", SPLITS)
def test_families_differ_only_in_what_they_say_they_do(split: Split) -> None:
    twins = [one for one in plan(split, 150, seed=0) if one.twin]
    assert len(twins) > 60
    for twin, members in groupby(twins, key=lambda one: one.twin):
        assert twin
        scenes = [one.scene for one in members]
        changed = dict.fromkeys(twin.differs.split("+"))
        assert len({replace(scene, **changed) for scene in scenes}) == 1
        if one_of_last(scenes, twins):
            continue
        sounds = {scene.sound for scene in scenes}
        said = {scene.speech for scene in scenes}
        assert (len(sounds) > 1) == ("sound" in twin.differs)
        assert (len(said) > 1) == ("speech" in twin.differs)
        assert len(scenes) == len(sounds) * len(said)


def one_of_last(scenes: list[Scene], twins: list[Plan]) -> bool:
    """Whether the family may have been cut short by the number of clips asked for."""
    return twins[-1].scene in scenes


@pytest.mark.parametrize(("split", "count"), [("validation", 300), ("test", 1000)])
def test_the_pictures_of_a_test_can_be_told_apart(split: Split, count: int) -> None:
    plans = plan(split, count, seed=0)
    assert len(plans) == len({one.id for one in plans}) == count
    pictures = {of_senses(facts(one.scene), "sight"): one for one in plans}
    known = Answers(facts(one.scene) for one in plans)
    for picture, one in pictures.items():
        alike = [plans[place].twin for place in known.to(picture)]
        assert alike == [one.twin] * len(alike)


def test_half_of_the_soundtracks_carry_a_distraction() -> None:
    plans = plan("test", 400, seed=0)
    assert 0.4 < sum(one.scene.distraction is not None for one in plans) / len(plans) < 0.6


def test_a_scene_survives_json() -> None:
    for one in plan("validation", 30, seed=0):
        assert Scene.from_json(one.scene.as_json()) == one.scene
