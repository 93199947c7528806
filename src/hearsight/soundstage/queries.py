"""Queries for the demonstration: each has exactly one right clip, by the facts of the scenes and nobody's choice."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.random import Generator

from hearsight.soundstage.captions import Caption, caption, kinds
from hearsight.soundstage.plans import Plan

# What a query may tell, in the order tried: as little as points to one clip.
TOLD = {
    "sight": ("sight",),
    "sound": ("sound", "sight+sound"),
    "speech": ("speech",),
    "sight+sound": ("sight+sound",),
    "all": ("all",),
}
QUERIES_A_KIND = 10
ATTEMPTS = 20


def queries(plans: list[Plan]) -> list[dict[str, Any]]:
    """Ten queries of each kind where the clips allow it: {"text", "kind", "clip", "why", "facts"}.

    "sound" and "speech" are asked of twins, so that the picture cannot tell.
    """
    rng = np.random.default_rng([0, len(plans)])
    rows: list[dict[str, Any]] = []
    for kind in TOLD:
        suited = [one for one in plans if (one.twin and one.twin.differs == kind) or kind not in ("sound", "speech")]
        rows += [query for one in suited if (query := ask(kind, one, plans, rng))][:QUERIES_A_KIND]
    return rows


def ask(kind: str, one: Plan, plans: list[Plan], rng: Generator) -> dict[str, Any] | None:
    """A query that only this clip answers, or None where none is found."""
    for told in TOLD[kind]:
        if told not in kinds(one.scene):
            continue
        for _ in range(ATTEMPTS):
            question = caption(one.scene, told, rng)
            if [other.id for other in plans if question.holds(other.scene)] == [one.id]:
                return {
                    "text": question.text,
                    "kind": kind,
                    "clip": one.id,
                    "why": reason(question, one, plans),
                    "facts": sorted(question.facts),
                }
    return None


def reason(question: Caption, one: Plan, plans: list[Plan]) -> str:
    """Why this clip and no other, for a person to read."""
    told = ", ".join(sorted(question.facts))
    if one.twin is None:
        return f"only {one.id} has {told}"
    others = [other.id for other in plans if other.twin and other.twin.group == one.twin.group and other != one]
    return f"only {one.id} has {told}; {', '.join(others)} looks the same and differs in {one.twin.differs}"
