"""Every fact belongs to a sense, and what answers is found by subsets."""

from hearsight.research.soundstage.facts import Answers, facts, of_senses, sense
from hearsight.research.soundstage.plans import plan


def test_every_fact_belongs_to_the_part_of_the_scene_that_it_tells() -> None:
    for scene in (one.scene for one in plan("train", 40, seed=0)):
        told = facts(scene)
        assert {"sight"} <= {sense(fact) for fact in told}
        assert len(of_senses(told, "sound")) == (scene.sound is not None)
        assert bool(of_senses(told, "speech")) == (scene.speech is not None)
        assert of_senses(told, "sight", "sound", "speech") == told


def test_answers_are_the_clips_that_have_all_that_is_told() -> None:
    answers = Answers([{"icon: dog", "sound: bell"}, {"icon: dog"}, {"icon: cow", "sound: bell"}])
    assert answers.to(["icon: dog"]) == {0, 1}
    assert answers.to(["icon: dog", "sound: bell"]) == {0}
    assert answers.to([]) == {0, 1, 2}
    assert answers.to(["icon: pig"]) == set()
