"""Every demonstration query has one right answer, and a picture cannot give away a twin."""

from collections import Counter

import numpy as np
import pytest

from hearsight.soundstage.captions import Caption
from hearsight.soundstage.plans import plan
from hearsight.soundstage.queries import TOLD, ask, queries


@pytest.mark.parametrize("seed", range(3))
def test_there_are_enough_of_each_kind(seed: int) -> None:
    plans = plan("demo", 30, seed)
    asked = queries(plans)
    assert asked == queries(plans)
    assert len({query["text"] for query in asked}) == len(asked) >= 48
    assert min(Counter(query["kind"] for query in asked)[kind] for kind in TOLD) >= 8


def test_one_clip_answers_a_query() -> None:
    plans = plan("demo", 30, seed=0)
    rng = np.random.default_rng(0)
    for kind in TOLD:
        for one in plans:
            query = ask(kind, one, plans, rng)
            if query:
                told = frozenset(query["facts"])
                assert [other.id for other in plans if Caption(kind, "", told).holds(other.scene)] == [one.id]


def test_sound_and_speech_are_asked_between_twins() -> None:
    plans = plan("demo", 30, seed=0)
    twin = {one.id: one.twin.differs for one in plans if one.twin}
    for query in queries(plans):
        if query["kind"] in ("sound", "speech"):
            assert twin[query["clip"]] == query["kind"]
