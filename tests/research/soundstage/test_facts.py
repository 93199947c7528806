"""Every fact belongs to a sense, and the index finds the clips for which all of some facts are true."""

from hearsight.research.soundstage.clip_plans import plan_clips
from hearsight.research.soundstage.facts import FactIndex, facts_of_senses, scene_facts, sense_of


def test_every_fact_belongs_to_a_sense() -> None:
    for scene in (clip.scene for clip in plan_clips("train", 40, seed=0)):
        facts = scene_facts(scene)
        assert {"sight"} <= {sense_of(fact) for fact in facts}
        assert len(facts_of_senses(facts, "sound")) == (scene.sound is not None)
        assert bool(facts_of_senses(facts, "speech")) == (scene.speech is not None)
        assert facts_of_senses(facts, "sight", "sound", "speech") == facts


def test_the_index_finds_the_clips_that_have_all_facts() -> None:
    index = FactIndex([{"icon: dog", "sound: bell"}, {"icon: dog"}, {"icon: cow", "sound: bell"}])
    assert index.matching(["icon: dog"]) == {0, 1}
    assert index.matching(["icon: dog", "sound: bell"]) == {0}
    assert index.matching([]) == {0, 1, 2}
    assert index.matching(["icon: pig"]) == set()
