"""Captions are true of their scene, have the kinds that it allows, and never mention distractions."""

import numpy as np
import pytest

from hearsight.research.soundstage.backgrounds import BACKGROUNDS
from hearsight.research.soundstage.caption_words import (
    BACKGROUND_PHRASES,
    MOTION_PHRASES,
    PLATE_NAMES,
    SOUND_CLAUSES,
    SOUND_NOUNS,
)
from hearsight.research.soundstage.captions import (
    CAPTIONS_PER_CLIP,
    KINDS,
    caption_kinds,
    sample_caption,
    scene_captions,
)
from hearsight.research.soundstage.clip_plans import plan_clips
from hearsight.research.soundstage.facts import scene_facts
from hearsight.research.soundstage.scenes import MOTIONS, PLATE_SHAPES, Icon, Scene, Sound
from hearsight.research.soundstage.sound_events import EVENTS

CLIPS = plan_clips("train", 150, seed=0)


def test_everything_has_phrases() -> None:
    assert SOUND_CLAUSES.keys() == SOUND_NOUNS.keys() == EVENTS.keys()
    assert BACKGROUND_PHRASES.keys() == BACKGROUNDS.keys()
    assert MOTION_PHRASES.keys() == MOTIONS.keys()
    assert PLATE_NAMES.keys() == set(PLATE_SHAPES)


def test_captions_are_true_of_their_scene() -> None:
    for clip in CLIPS:
        captions = scene_captions(clip.scene)
        assert len(captions) == CAPTIONS_PER_CLIP
        assert {caption.kind for caption in captions} == set(caption_kinds(clip.scene))
        assert all(caption.holds(clip.scene) for caption in captions)
        assert captions == scene_captions(clip.scene)


def test_captions_never_quote_the_sentence() -> None:
    for scene in (clip.scene for clip in CLIPS if clip.scene.speech):
        assert scene.speech
        assert not any(scene.speech.sentence.text in caption.text for caption in scene_captions(scene))


def test_a_silent_scene_is_described_by_sight_alone() -> None:
    scene = Scene(seed=1, icons=(Icon("dog", "left", 90),), background="beach", duration=5.0)
    assert caption_kinds(scene) == ("sight",)
    rng = np.random.default_rng(0)
    texts = [sample_caption(scene, "sight", rng).text for _ in range(50)]
    assert all("dog" in text or "puppy" in text for text in texts)


def test_a_caption_of_one_scene_is_not_true_of_another() -> None:
    dog = Scene(1, (Icon("dog", "left", 90),), "beach", 5.0, Sound("bell", 0, -20))
    horn = Scene(1, (Icon("dog", "left", 90),), "beach", 5.0, Sound("horn", 0, -20))
    caption = sample_caption(dog, "sight+sound", np.random.default_rng(0))
    assert caption.holds(dog)
    assert not caption.holds(horn)
    assert scene_facts(dog) - scene_facts(horn) == {"sound: bell"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_many_wordings(kind: str) -> None:
    scene = next(clip.scene for clip in CLIPS if kind in caption_kinds(clip.scene))
    rng = np.random.default_rng(0)
    assert len({sample_caption(scene, kind, rng).text for _ in range(100)}) >= 7


def test_a_caption_states_the_facts_it_is_given() -> None:
    scene = Scene(1, (Icon("dog", "left", 90, "red disc"), Icon("cow", "up", 90)), "beach", 5.0)
    facts = frozenset({"icon: cow", "motion: cow up"})
    caption = sample_caption(scene, "sight", np.random.default_rng(0), facts)
    assert caption.facts == facts
    assert "cow" in caption.text
    assert not {"dog", "puppy", "red", "disc", "beach", "sea"} & set(caption.text.split())
