"""Every query has one right answer, and a picture cannot give away a twin."""

from collections import Counter

import numpy as np
import pytest

from hearsight.research.soundstage.captions import Caption
from hearsight.research.soundstage.facts import Answers, facts
from hearsight.research.soundstage.groups import SHARES
from hearsight.research.soundstage.plans import plan
from hearsight.research.soundstage.queries import ASKED, TOLD, demo_queries, split_queries, tellings
from hearsight.research.soundstage.scenes import Icon, Scene
from hearsight.research.soundstage.splits import Split


@pytest.mark.parametrize(("split", "count"), [("validation", 300), ("test", 1000), ("test", 60), ("validation", 3)])
def test_each_clip_of_a_test_alone_answers_its_query(split: Split, count: int) -> None:
    plans = plan(split, count, seed=1)
    asked = split_queries(plans, seed=1)
    assert asked == split_queries(plans, seed=1)
    answers = Answers(facts(one.scene) for one in plans)
    for place, (one, query) in enumerate(zip(plans, asked, strict=True)):
        assert answers.to(query["facts"]) == {place}
        assert query["group"] == (one.twin.differs if one.twin else "sight")
        assert query["kind"] in ASKED[query["group"]]


def test_the_standard_test_has_the_groups_of_save_and_is_no_telegram() -> None:
    asked = split_queries(plan("test", 1000, seed=0), seed=0)
    assert Counter(query["group"] for query in asked) == SHARES
    moving = [query for query in asked if any(fact.startswith("motion") for fact in query["facts"])]
    assert len(moving) < 250
    seen = [query for query in asked if query["group"] == "sight"]
    assert np.mean([len(query["facts"]) for query in seen]) < 3


def test_tellings_begin_with_the_least() -> None:
    scene = Scene(1, (Icon("dog", "left", 90, "red disc"), Icon("cow", "up", 90)), "beach", 5.0)
    ways = tellings(scene, np.random.default_rng(0))
    assert {ways[0], ways[1]} == {frozenset({"icon: dog"}), frozenset({"icon: cow"})}
    assert len(ways) == len(set(ways)) == 2 * (5 * 3 - 1)
    assert len(ways[-1]) == 6


@pytest.mark.parametrize("seed", range(3))
def test_the_demonstration_asks_enough_of_each_kind(seed: int) -> None:
    plans = plan("demo", 30, seed)
    asked = demo_queries(plans)
    assert asked == demo_queries(plans)
    assert len({query["text"] for query in asked}) == len(asked) >= 48
    assert min(Counter(query["kind"] for query in asked)[kind] for kind in TOLD) >= 8
    twin = {one.id: one.twin.differs for one in plans if one.twin}
    for query in asked:
        told = Caption("", "", frozenset(query["facts"]))
        assert [one.id for one in plans if told.holds(one.scene)] == [query["clip"]]
        assert query["kind"] not in ("sound", "speech") or twin[query["clip"]] == query["kind"]
