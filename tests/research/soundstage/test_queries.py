"""Every query has one right answer, and a picture cannot tell twins apart."""

from collections import Counter

import numpy as np
import pytest

from hearsight.research.soundstage.captions import Caption
from hearsight.research.soundstage.clip_plans import plan_clips
from hearsight.research.soundstage.facts import FactIndex, scene_facts
from hearsight.research.soundstage.queries import (
    DEMO_QUERY_KINDS,
    QUERY_KINDS,
    demo_queries,
    sight_choices,
    split_queries,
)
from hearsight.research.soundstage.query_groups import QUERIES_PER_THOUSAND
from hearsight.research.soundstage.scenes import Icon, Scene
from hearsight.research.soundstage.splits import SplitName


@pytest.mark.parametrize(("split", "count"), [("validation", 300), ("test", 1000), ("test", 60), ("validation", 3)])
def test_only_its_clip_answers_a_query(split: SplitName, count: int) -> None:
    clips = plan_clips(split, count, seed=1)
    queries = split_queries(clips, seed=1)
    assert queries == split_queries(clips, seed=1)
    index = FactIndex(scene_facts(clip.scene) for clip in clips)
    for number, (clip, query) in enumerate(zip(clips, queries, strict=True)):
        assert index.matching(query["facts"]) == {number}
        assert query["group"] == (clip.family.difference if clip.family else "sight")
        assert query["kind"] in QUERY_KINDS[query["group"]]


def test_the_standard_test_has_the_groups_of_save_and_short_queries() -> None:
    queries = split_queries(plan_clips("test", 1000, seed=0), seed=0)
    assert Counter(query["group"] for query in queries) == QUERIES_PER_THOUSAND
    moving = [query for query in queries if any(fact.startswith("motion") for fact in query["facts"])]
    assert len(moving) < 250
    about_sight = [query for query in queries if query["group"] == "sight"]
    assert np.mean([len(query["facts"]) for query in about_sight]) < 3


def test_the_smallest_choices_of_facts_come_first() -> None:
    scene = Scene(1, (Icon("dog", "left", 90, "red disc"), Icon("cow", "up", 90)), "beach", 5.0)
    choices = sight_choices(scene, np.random.default_rng(0))
    assert {choices[0], choices[1]} == {frozenset({"icon: dog"}), frozenset({"icon: cow"})}
    assert len(choices) == len(set(choices)) == 2 * (5 * 3 - 1)
    assert len(choices[-1]) == 6


@pytest.mark.parametrize("seed", range(3))
def test_the_demo_has_enough_queries_of_each_kind(seed: int) -> None:
    clips = plan_clips("demo", 30, seed)
    queries = demo_queries(clips)
    assert queries == demo_queries(clips)
    assert len({query["text"] for query in queries}) == len(queries) >= 48
    assert min(Counter(query["kind"] for query in queries)[kind] for kind in DEMO_QUERY_KINDS) >= 8
    differences = {clip.id: clip.family.difference for clip in clips if clip.family}
    for query in queries:
        caption = Caption("", "", frozenset(query["facts"]))
        assert [clip.id for clip in clips if caption.holds(clip.scene)] == [query["clip"]]
        assert query["kind"] not in ("sound", "speech") or differences[query["clip"]] == query["kind"]
