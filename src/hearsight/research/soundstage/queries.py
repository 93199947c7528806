"""Queries with exactly one right clip, by the facts of the scenes and nobody's choice."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product, repeat
from typing import Any

import numpy as np
from numpy.random import Generator

from hearsight.research.soundstage.captions import Caption, caption, kinds
from hearsight.research.soundstage.facts import Answers, facts
from hearsight.research.soundstage.groups import Group
from hearsight.research.soundstage.plans import Plan
from hearsight.research.soundstage.scenes import Scene

# What a test query may tell: all that its group needs, and for the spoken groups sometimes what is seen besides.
ASKED: dict[Group, tuple[str, ...]] = {
    "sight": ("sight",),
    "sound": ("sight+sound",),
    "speech": ("speech", "sight+speech"),
    "sound+speech": ("sound+speech", "all"),
}
# What a query of the demonstration may tell, in the order tried.
TOLD = {
    "sight": ("sight",),
    "sound": ("sound", "sight+sound"),
    "speech": ("speech",),
    "sight+sound": ("sight+sound",),
    "all": ("all",),
}
QUERIES_A_KIND = 10
ATTEMPTS = 20


def split_queries(plans: list[Plan], seed: int) -> list[dict[str, Any]]:
    """One query for each clip, which no other clip answers: {"kind", "text", "facts", "group"}.

    They tell as little of what is seen as points to one clip, and of how things move only where nothing else does.
    """
    answers = Answers(facts(one.scene) for one in plans)
    return [query_of(one, place, answers, np.random.default_rng([seed, place])) for place, one in enumerate(plans)]


def query_of(one: Plan, place: int, answers: Answers, rng: Generator) -> dict[str, Any]:
    group: Group = one.twin.differs if one.twin else "sight"
    for kind in rng.permutation(ASKED[group]).tolist():
        ways = tellings(one.scene, rng) if tells_sight(kind) else repeat(None, ATTEMPTS)
        if question := ask(one.scene, kind, place, answers, rng, ways):
            return {**as_row(question), "group": group}
    raise AssertionError(f"{one.id} cannot be told from other clips, which plans.examined should have seen to")


def demo_queries(plans: list[Plan]) -> list[dict[str, Any]]:
    """Ten queries of each kind where the clips allow it: {"text", "kind", "clip", "why", "facts"}.

    "sound" and "speech" are asked of twins, so that the picture cannot tell.
    """
    rng = np.random.default_rng([0, len(plans)])
    answers = Answers(facts(one.scene) for one in plans)
    rows: list[dict[str, Any]] = []
    for kind in TOLD:
        asked = (demo_query(kind, place, plans, answers, rng) for place in range(len(plans)))
        rows += [row for row in asked if row][:QUERIES_A_KIND]
    return rows


def demo_query(kind: str, place: int, plans: list[Plan], answers: Answers, rng: Generator) -> dict[str, Any] | None:
    """A query for one of the clips, or None where the clip does not suit the kind or none is found."""
    one = plans[place]
    if kind in ("sound", "speech") and not (one.twin and one.twin.differs == kind):
        return None
    for told in TOLD[kind]:
        ways = repeat(None, ATTEMPTS if told in kinds(one.scene) else 0)
        if question := ask(one.scene, told, place, answers, rng, ways):
            return {**as_row(question), "kind": kind, "clip": one.id, "why": reason(question, one, plans)}
    return None


def ask(
    scene: Scene, kind: str, place: int, answers: Answers, rng: Generator, ways: Iterable[frozenset[str] | None]
) -> Caption | None:
    """The first caption, of several ways to tell what is seen, that only this clip answers; None where none does."""
    for seen in ways:
        question = caption(scene, kind, rng, seen)
        if answers.to(question.facts) == {place}:
            return question
    return None


def tellings(scene: Scene, rng: Generator) -> list[frozenset[str]]:
    """All ways to tell what is seen, an icon at least: those without motion first, and of these the shortest."""
    parts: list[list[set[str]]] = [[set(), {f"background: {scene.background}"}]]
    for icon in scene.icons:
        name, motion = {f"icon: {icon.name}"}, {f"motion: {icon.name} {icon.motion}"}
        known = [name, name | {f"plate: {icon.name} {icon.plate}"}] if icon.plate else [name]
        parts.append([set(), *known, *(each | motion for each in known)])
    ways = [frozenset[str]().union(*chosen) for chosen in product(*parts) if any(chosen[1:])]
    shuffled = [ways[place] for place in rng.permutation(len(ways))]
    return sorted(shuffled, key=lambda told: (sum(fact.startswith("motion") for fact in told), len(told)))


def tells_sight(kind: str) -> bool:
    return "sight" in kind or kind == "all"


def as_row(question: Caption) -> dict[str, Any]:
    return {"kind": question.kind, "text": question.text, "facts": sorted(question.facts)}


def reason(question: Caption, one: Plan, plans: list[Plan]) -> str:
    """Why this clip and no other, for a person to read."""
    told = ", ".join(sorted(question.facts))
    if one.twin is None:
        return f"only {one.id} has {told}"
    others = [other.id for other in plans if other.twin and other.twin.group == one.twin.group and other != one]
    return f"only {one.id} has {told}; {', '.join(others)} looks the same and differs in {one.twin.differs}"
