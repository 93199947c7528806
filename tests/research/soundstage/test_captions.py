"""Captions tell what is true of their scene, of the kinds it has, and never what only distracts."""

import numpy as np
import pytest

from hearsight.research.soundstage.backgrounds import BACKGROUNDS
from hearsight.research.soundstage.captions import CAPTIONS_A_CLIP, KINDS, caption, captions, describe, kinds
from hearsight.research.soundstage.facts import facts
from hearsight.research.soundstage.plans import plan
from hearsight.research.soundstage.scenes import MOTIONS, PLATE_SHAPES, Icon, Scene, Sound
from hearsight.research.soundstage.sounds import EVENTS
from hearsight.research.soundstage.words import CLAUSES, MOVING, NOUNS, PLACES, PLATES

PLANS = plan("train", 150, seed=0)


def test_everything_has_words() -> None:
    assert CLAUSES.keys() == NOUNS.keys() == EVENTS.keys()
    assert PLACES.keys() == BACKGROUNDS.keys()
    assert MOVING.keys() == MOTIONS.keys()
    assert PLATES.keys() == set(PLATE_SHAPES)


def test_captions_hold_for_their_scene() -> None:
    for one in PLANS:
        told = captions(one.scene)
        assert len(told) == CAPTIONS_A_CLIP
        assert {each.kind for each in told} == set(kinds(one.scene))
        assert all(each.holds(one.scene) for each in told)
        assert told == captions(one.scene)


def test_captions_never_quote_the_sentence() -> None:
    for scene in (one.scene for one in PLANS if one.scene.speech):
        assert scene.speech
        assert not any(scene.speech.sentence.text in each.text for each in captions(scene))


def test_a_silent_scene_is_described_by_sight_alone() -> None:
    scene = Scene(seed=1, icons=(Icon("dog", "left", 90),), background="beach", duration=5.0)
    assert kinds(scene) == ("sight",)
    rng = np.random.default_rng(0)
    assert all("dog" in text or "puppy" in text for text in (describe(scene, "sight", rng) for _ in range(50)))


def test_a_caption_of_one_scene_does_not_hold_for_another() -> None:
    dog = Scene(1, (Icon("dog", "left", 90),), "beach", 5.0, Sound("bell", 0, -20))
    horn = Scene(1, (Icon("dog", "left", 90),), "beach", 5.0, Sound("horn", 0, -20))
    told = caption(dog, "sight+sound", np.random.default_rng(0))
    assert told.holds(dog)
    assert not told.holds(horn)
    assert facts(dog) - facts(horn) == {"sound: bell"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_told_in_many_ways(kind: str) -> None:
    scene = next(one.scene for one in PLANS if kind in kinds(one.scene))
    rng = np.random.default_rng(0)
    assert len({describe(scene, kind, rng) for _ in range(100)}) >= 7


def test_a_caption_tells_what_it_is_asked_to() -> None:
    scene = Scene(1, (Icon("dog", "left", 90, "red disc"), Icon("cow", "up", 90)), "beach", 5.0)
    seen = frozenset({"icon: cow", "motion: cow up"})
    told = caption(scene, "sight", np.random.default_rng(0), seen)
    assert told.facts == seen
    assert "cow" in told.text
    assert not {"dog", "puppy", "red", "disc", "beach", "sea"} & set(told.text.split())
