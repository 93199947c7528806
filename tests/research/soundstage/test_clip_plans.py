"""Splits share no combination, and the clips of a family share everything but what they differ in."""

from dataclasses import replace
from itertools import groupby, product

import pytest

from hearsight.research.soundstage.backgrounds import BACKGROUNDS
from hearsight.research.soundstage.clip_plans import PlannedClip, plan_clips
from hearsight.research.soundstage.facts import FactIndex, facts_of_senses, scene_facts
from hearsight.research.soundstage.icons import ICON_NAMES
from hearsight.research.soundstage.scenes import Scene
from hearsight.research.soundstage.sound_events import EVENTS
from hearsight.research.soundstage.splits import SPLITS, SplitName, split_of


def combinations(clips: list[PlannedClip]) -> set[tuple[str, ...]]:
    pairs: set[tuple[str, ...]] = set()
    for scene in (clip.scene for clip in clips):
        for icon in scene.icons:
            pairs.add((icon.name, scene.background))
            if scene.sound:
                pairs.add((icon.name, scene.sound.name))
        if scene.speech:
            pairs.add((scene.speech.sentence.text,))
    return pairs


def test_combinations_of_the_splits_are_disjoint() -> None:
    train, validation, test, demo = (combinations(plan_clips(split, 300, seed=0)) for split in SPLITS)
    assert not train & validation
    assert not train & (test | demo)
    assert not validation & (test | demo)


def test_every_icon_background_and_sound_can_be_seen_in_training() -> None:
    for icon in ICON_NAMES:
        assert any(split_of(icon, background) == "train" for background in BACKGROUNDS)
        assert any(split_of(icon, sound) == "train" for sound in EVENTS)
    shares = [split_of(*pair) == "test" for pair in product(ICON_NAMES, BACKGROUNDS)]
    assert 0.15 < sum(shares) / len(shares) < 0.25


@pytest.mark.parametrize("split", ["train", "demo"])
def test_a_clip_does_not_depend_on_the_number_of_clips(split: SplitName) -> None:
    assert plan_clips(split, 40, seed=3)[:15] == plan_clips(split, 15, seed=3)
    assert plan_clips(split, 15, seed=4) != plan_clips(split, 15, seed=3)


@pytest.mark.parametrize("split", SPLITS)
def test_families_differ_only_in_their_difference(split: SplitName) -> None:
    clips = [clip for clip in plan_clips(split, 150, seed=0) if clip.family]
    assert len(clips) > 60
    for family, members in groupby(clips, key=lambda clip: clip.family):
        assert family
        scenes = [clip.scene for clip in members]
        changed = dict.fromkeys(family.difference.split("+"))
        assert len({replace(scene, **changed) for scene in scenes}) == 1
        if clips[-1].scene in scenes:  # the last family may be incomplete
            continue
        sounds = {scene.sound for scene in scenes}
        speeches = {scene.speech for scene in scenes}
        assert (len(sounds) > 1) == ("sound" in family.difference)
        assert (len(speeches) > 1) == ("speech" in family.difference)
        assert len(scenes) == len(sounds) * len(speeches)


@pytest.mark.parametrize(("split", "count"), [("validation", 300), ("test", 1000)])
def test_the_pictures_of_a_test_can_be_told_apart(split: SplitName, count: int) -> None:
    clips = plan_clips(split, count, seed=0)
    assert len(clips) == len({clip.id for clip in clips}) == count
    pictures = {facts_of_senses(scene_facts(clip.scene), "sight"): clip for clip in clips}
    index = FactIndex(scene_facts(clip.scene) for clip in clips)
    for picture, clip in pictures.items():
        families = [clips[number].family for number in index.matching(picture)]
        assert families == [clip.family] * len(families)


def test_half_of_the_soundtracks_have_a_distraction() -> None:
    clips = plan_clips("test", 400, seed=0)
    assert 0.4 < sum(clip.scene.distraction is not None for clip in clips) / len(clips) < 0.6


def test_a_scene_survives_json() -> None:
    for clip in plan_clips("validation", 30, seed=0):
        assert Scene.from_dict(clip.scene.to_dict()) == clip.scene
